//! What the API says is out, or was: how many physical keys of each identity there are and have been.

use std::collections::{BTreeMap, HashMap};

use domain::values::{KeyNumber, Note, OrgId, OrgName, UserId};
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::Value;

use super::progress::Progress;
use super::row_key::Identity;
use crate::api_client::{ApiClient, ApiFault, Pages};

/// The physical keys of one identity that there have ever been, in the order in which they were added; whether each is out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Additions(BTreeMap<KeyNumber, bool>);

impl Additions {
    /// How many there have ever been.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// How many are out.
    pub(super) fn out(&self) -> usize {
        self.0.values().filter(|is_out| **is_out).count()
    }

    /// The `addition`-th that there ever was, from 1, and whether it is out.
    pub(super) fn at(&self, addition: usize) -> Option<(KeyNumber, bool)> {
        self.0.iter().nth(addition.checked_sub(1)?).map(|(number, is_out)| (*number, *is_out))
    }

    /// The `nth`, from 1, if those that are out come first.
    pub(super) fn out_first(&self, nth: usize) -> Option<(KeyNumber, bool)> {
        let mut numbers: Vec<_> = self.0.iter().map(|(number, is_out)| (*number, *is_out)).collect();
        numbers.sort_by_key(|(_, is_out)| !is_out);
        numbers.get(nth.checked_sub(1)?).copied()
    }
}

/// What is said of a physical key where its identity is looked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    user_id: UserId,
    number: KeyNumber,
    org_id: Option<OrgId>,
    org_name: Option<OrgName>,
    note: Option<Note>,
}

impl Known {
    fn read(value: Value) -> Result<Self, ApiFault> {
        serde_json::from_value(value)
            .map_err(|_| ApiFault::Unusable("The API's answer is not a physical key.".to_owned()))
    }

    fn identity(self) -> (Identity, KeyNumber) {
        (Identity { user: self.user_id, org_name: self.org_name, note: self.note }, self.number)
    }
}

/// All that the organisation has out. `None` for a caller who may read one user's inventory only.
pub(super) async fn listed(
    client: &ApiClient,
    org_id: &OrgId,
) -> Result<Option<HashMap<Identity, Additions>>, ApiFault> {
    let mut pages = Pages::of(client, ["orgs", org_id.as_str(), "PhysicalKeys"], "keys");
    let mut listed: HashMap<_, Additions> = HashMap::new();
    loop {
        match pages.next().await {
            Ok(None) => return Ok(Some(listed)),
            Err(ApiFault::OneUserOnly) => return Ok(None),
            Err(fault) => return Err(fault),
            Ok(Some(keys)) => {
                for key in keys {
                    let (identity, number) = Known::read(key)?.identity();
                    listed.entry(identity).or_default().0.insert(number, true);
                }
            }
        }
    }
}

/// The histories of these users, so many at once.
pub(super) async fn histories(
    client: &ApiClient,
    org_id: &OrgId,
    users: Vec<UserId>,
    concurrency: usize,
) -> Result<HashMap<Identity, Additions>, ApiFault> {
    let mut progress = Progress::of(users.len(), "histories read").await;
    let reading = users.into_iter().map(|user| async move { history(client, org_id, &user).await });
    let mut reading = stream::iter(reading).buffer_unordered(concurrency);
    let mut all = HashMap::new();
    loop {
        tokio::select! {
            biased;
            history = reading.next() => match history {
                None => return Ok(all),
                Some(history) => {
                    all.extend(history?);
                    progress.add(1);
                }
            },
            () = progress.tell() => {}
        }
    }
}

async fn history(
    client: &ApiClient,
    org_id: &OrgId,
    user: &UserId,
) -> Result<HashMap<Identity, Additions>, ApiFault> {
    let mut pages = Pages::of(client, ["users", user.as_str(), "PhysicalKeyEvents"], "events");
    let mut held: HashMap<KeyNumber, Identity> = HashMap::new();
    let mut all: HashMap<Identity, Additions> = HashMap::new();
    while let Some(events) = pages.next().await? {
        for mut kept in events {
            let mut event = kept["event"].take();
            let data = event["data"].take();
            match event["type"].as_str() {
                Some("PhysicalKeyAdded") => {
                    let known = Known::read(data)?;
                    if known.org_id.as_ref() == Some(org_id) {
                        let (identity, number) = known.identity();
                        all.entry(identity.clone()).or_default().0.insert(number, true);
                        held.insert(number, identity);
                    }
                }
                Some("PhysicalKeyRemoved") => {
                    let number = data["number"].as_u64().and_then(KeyNumber::new);
                    if let Some((number, identity)) = number.and_then(|number| held.remove_entry(&number)) {
                        all.entry(identity).or_default().0.insert(number, false);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(all)
}
