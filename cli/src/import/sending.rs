//! Sends the rows: those of one user one after the other, so that their numbers are in the file's order; those of
//! different users side by side. What became of each is told at once.

use std::collections::HashMap;

use domain::values::{KeyNumber, OrgId};
use futures_util::stream::{self, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedSender};

use super::plan::{PlannedRow, Standing};
use super::progress::Progress;
use super::results::{Outcome, Results};
use crate::api_client::{ApiClient, ApiFault};
use crate::output::Failure;
use crate::stopping::StopSignals;

/// What happens to a row while it is sent.
enum Happened<'a> {
    Begun(&'a PlannedRow),
    Ended(&'a PlannedRow, Outcome),
}

/// Why the sending ended before all rows were sent.
#[derive(Debug)]
pub(super) enum Cut {
    Stopped,
    Unusable(ApiFault),
    Results(Failure),
}

/// How many rows ended how, and what cut it short.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) added: usize,
    pub(super) refused: usize,
    pub(super) unanswered: usize,
    pub(super) unsent: usize,
    pub(super) cut: Option<Cut>,
}

impl Sent {
    pub(super) fn in_json(&self) -> Value {
        let Self { added, refused, unanswered, unsent, cut } = self;
        json!({
            "added": added, "refused": refused, "notAnswered": unanswered, "notSent": unsent, "whole": cut.is_none(),
        })
    }
}

/// Sends all rows that are new.
pub(super) async fn send(
    client: &ApiClient,
    org_id: &OrgId,
    rows: &[PlannedRow],
    concurrency: usize,
    results: &mut Results,
) -> Result<Sent, Failure> {
    let mut stop = StopSignals::listen()?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let of_users = by_user(rows).into_iter().map(|rows| add_all(client, org_id, rows, tell.clone()));
    let mut sending = stream::iter(of_users).buffer_unordered(concurrency);
    let mut ledger = Ledger { results, under_way: HashMap::new(), sent: Sent::default() };
    let mut progress = Progress::of(rows.iter().filter(|row| is_new(row)).count(), "rows sent").await;
    ledger.sent.cut = loop {
        tokio::select! {
            biased;
            Some(happened) = told.recv() => {
                progress.add(usize::from(matches!(happened, Happened::Ended(..))));
                if let Err(failure) = ledger.note(happened) {
                    break Some(Cut::Results(failure));
                }
            }
            _ = stop.next() => break Some(Cut::Stopped),
            () = progress.tell() => {}
            ended = sending.next() => match ended {
                None => break None,
                Some(Ok(())) => {}
                Some(Err(fault)) => break Some(Cut::Unusable(fault)),
            },
        }
    };
    drop(sending);
    while let Ok(happened) = told.try_recv() {
        if let Err(failure) = ledger.note(happened) {
            ledger.sent.cut = Some(Cut::Results(failure));
        }
    }
    drop(progress);
    Ok(ledger.close(rows))
}

/// Rows that are to be sent, by user, in the order of the file.
fn by_user(rows: &[PlannedRow]) -> Vec<Vec<&PlannedRow>> {
    let mut users: Vec<Vec<&PlannedRow>> = Vec::new();
    let mut places = HashMap::new();
    for row in rows.iter().filter(|row| is_new(row)) {
        let place = *places.entry(&row.identity.user).or_insert_with(|| {
            users.push(Vec::new());
            users.len() - 1
        });
        users[place].push(row);
    }
    users
}

const fn is_new(row: &PlannedRow) -> bool {
    matches!(row.standing, Standing::New)
}

/// Adds the physical keys of one user. Whoever is told has gone when the import was cut short.
async fn add_all<'a>(
    client: &ApiClient,
    org_id: &OrgId,
    rows: Vec<&'a PlannedRow>,
    tell: UnboundedSender<Happened<'a>>,
) -> Result<(), ApiFault> {
    for row in rows {
        _ = tell.send(Happened::Begun(row));
        let outcome = add(client, org_id, row).await?;
        _ = tell.send(Happened::Ended(row, outcome));
    }
    Ok(())
}

async fn add(client: &ApiClient, org_id: &OrgId, row: &PlannedRow) -> Result<Outcome, ApiFault> {
    let mut body = json!({"orgId": org_id});
    if let Some(org_name) = &row.identity.org_name {
        body["orgName"] = json!(org_name);
    }
    if let Some(note) = &row.identity.note {
        body["note"] = json!(note);
    }
    let row_key = row.identity.row_key(org_id, row.addition);
    match client.post(&["users", row.identity.user.as_str(), "AddPhysicalKey"], &body, &row_key).await {
        Ok(answer) => match answer["number"].as_u64().and_then(KeyNumber::new) {
            Some(number) => Ok(Outcome::Added(number)),
            None => Err(ApiFault::Unusable("The API's answer has no number.".to_owned())),
        },
        Err(ApiFault::Refused(reason)) => Ok(Outcome::Refused(reason)),
        Err(fault) => Err(fault),
    }
}

/// Writes down what happens.
struct Ledger<'r> {
    results: &'r mut Results,
    /// By their places.
    under_way: HashMap<usize, bool>,
    sent: Sent,
}

impl Ledger<'_> {
    fn note(&mut self, happened: Happened<'_>) -> Result<(), Failure> {
        match happened {
            Happened::Begun(row) => {
                self.under_way.insert(row.place, true);
                Ok(())
            }
            Happened::Ended(row, outcome) => {
                self.under_way.insert(row.place, false);
                match &outcome {
                    Outcome::Refused(_) => self.sent.refused += 1,
                    _ => self.sent.added += 1,
                }
                self.results.told(row, &outcome)
            }
        }
    }

    /// A line for every row that has none yet, if lines can still be written.
    fn close(mut self, rows: &[PlannedRow]) -> Sent {
        for row in rows.iter().filter(|row| is_new(row)) {
            let outcome = match self.under_way.get(&row.place) {
                Some(false) => continue,
                Some(true) => Outcome::NotAnswered,
                None => Outcome::NotSent,
            };
            match outcome {
                Outcome::NotAnswered => self.sent.unanswered += 1,
                _ => self.sent.unsent += 1,
            }
            if !matches!(self.sent.cut, Some(Cut::Results(_)))
                && let Err(failure) = self.results.told(row, &outcome)
            {
                self.sent.cut = Some(Cut::Results(failure));
            }
        }
        self.sent
    }
}
