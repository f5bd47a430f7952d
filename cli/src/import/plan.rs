//! What is to be done for each row: nothing for what is out already or was taken back since, an addition for what is new.

use std::collections::{HashMap, HashSet};

use domain::values::{KeyNumber, OrgId};
use serde_json::{Value, json};
use spreadsheet::Row;

use super::history::{self, Additions};
use super::row_key::Identity;
use crate::api_client::{ApiClient, ApiFault};

/// Where a row stands before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is to be added.
    New,
    /// The organisation has it out, under this number.
    Out { number: KeyNumber },
    /// It was out under this number, and was taken back since.
    TakenBack { number: KeyNumber },
}

/// A row with what it means and where it stands.
#[derive(Debug)]
pub(super) struct PlannedRow {
    /// Its place among the rows, from 1.
    pub(super) place: usize,
    pub(super) line: u64,
    pub(super) identity: Identity,
    /// Which addition of its identity in the user's history it asks for, from 1.
    pub(super) addition: usize,
    pub(super) standing: Standing,
}

/// How many rows stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) new: usize,
    pub(super) out: usize,
    pub(super) taken_back: usize,
}

/// What is asked for: the rest of what a file says, or all of it once more.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Each row is out once, however often it is asked for.
    Rest,
    /// Each row is one more than there have ever been.
    Again,
    /// The additions that an import with `--again` began to ask for, a row each.
    Begun(Vec<usize>),
}

/// Finds where every row stands. The list tells it for what is out; for what it does not have, which may lag and knows nothing
/// of what was taken back, the user's history does.
pub(super) async fn plan(
    client: &ApiClient,
    org_id: &OrgId,
    rows: &[Row],
    wanted: &Wanted,
    concurrency: usize,
) -> Result<Vec<PlannedRow>, ApiFault> {
    let identities: Vec<_> = rows.iter().map(identity).collect();
    let mut known = history::listed(client, org_id).await?.unwrap_or_default();
    let mut seen = HashMap::new();
    let mut nth = Vec::with_capacity(rows.len());
    for identity in &identities {
        let count = seen.entry(identity).or_insert(0_usize);
        *count += 1;
        nth.push(*count);
    }
    let mut asked = HashSet::new();
    let mut users = Vec::new();
    for (identity, rows) in &seen {
        let is_listed = known.get(identity).is_some_and(|additions| additions.out() >= *rows);
        let is_enough = is_listed && matches!(wanted, Wanted::Rest);
        if !is_enough && asked.insert(&identity.user) {
            users.push(identity.user.clone());
        }
    }
    let histories = history::histories(client, org_id, users, concurrency).await?;
    known.retain(|identity, _| !asked.contains(&identity.user));
    known.extend(histories);
    let none = Additions::default();
    let planned = (1..).zip(rows).zip(&identities).zip(nth).map(|(((place, row), identity), nth)| {
        let additions = known.get(identity).unwrap_or(&none);
        let (addition, known) = match wanted {
            Wanted::Rest => (nth, additions.out_first(nth)),
            Wanted::Again => (additions.count() + nth, None),
            Wanted::Begun(begun) => (begun[place - 1], additions.at(begun[place - 1])),
        };
        let standing = Standing::of(known);
        PlannedRow { place, line: row.line, identity: identity.clone(), addition, standing }
    });
    Ok(planned.collect())
}

fn identity(row: &Row) -> Identity {
    Identity { user: row.user.clone(), org_name: row.org_name.clone(), note: row.note.clone() }
}

impl Standing {
    /// Of a row that asks for an addition of which this is known.
    const fn of(known: Option<(KeyNumber, bool)>) -> Self {
        match known {
            None => Self::New,
            Some((number, true)) => Self::Out { number },
            Some((number, false)) => Self::TakenBack { number },
        }
    }
}

impl Counts {
    pub(super) fn of(rows: &[PlannedRow]) -> Self {
        let count = |is: fn(Standing) -> bool| rows.iter().filter(|row| is(row.standing)).count();
        Self {
            new: count(|standing| matches!(standing, Standing::New)),
            out: count(|standing| matches!(standing, Standing::Out { .. })),
            taken_back: count(|standing| matches!(standing, Standing::TakenBack { .. })),
        }
    }

    pub(super) fn in_json(self) -> Value {
        let Self { new, out, taken_back } = self;
        json!({"new": new, "out": out, "takenBack": taken_back})
    }
}
