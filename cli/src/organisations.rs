//! `org` and `api-key`: what an operator does before and between requests.

use std::time::Duration;

use domain::api_key::{self, ApiKeyId, ApiKeyTerms, StoredApiKey};
use domain::organisation::{ApiKeyIssued, OrganisationCommand, Refusal};
use domain::values::{EpochMillis, OrgId, OrgName, Subject};
use process::chance::Chance;
use process::clock::Clock;
use serde::Serialize;
use store::{Done, Operator, OrganisationFault, StoreFault, Table};

use crate::arguments::json::JsonArguments;
use crate::arguments::{OperatorArguments, StoreArguments};
use crate::output::{Failure, print_json, print_line};
use crate::store::Store;

/// Registers an organisation.
pub(crate) async fn register(
    org: &OrgId,
    name: Option<OrgName>,
    arguments: OperatorArguments,
) -> Result<(), Failure> {
    let operator = operator(arguments.actor)?;
    let store = Store::open_or_make(&arguments.data).await?;
    let command = OrganisationCommand::Register { name };
    match store.table.command_organisation(org, &command, &operator).await {
        Ok(Done::Now) => eprintln!("The organisation {org} is registered."),
        Ok(Done::Before) => eprintln!("The organisation {org} was registered already."),
        Err(OrganisationFault::Refused(Refusal::Closed)) => {
            return Err(Failure(format!(
                "The organisation {org} was closed, and stays closed: all its API keys would be good again."
            )));
        }
        Err(fault) => return Err(Failure::because(format!("{org} was not registered"), fault)),
    }
    store.close().await
}

/// Closes an organisation.
pub(crate) async fn close(org: &OrgId, arguments: OperatorArguments) -> Result<(), Failure> {
    let (store, operator) = open_operator(arguments).await?;
    match store.table.command_organisation(org, &OrganisationCommand::Close, &operator).await {
        Ok(Done::Now) => eprintln!("The organisation {org} is closed from the next request on."),
        Ok(Done::Before) => eprintln!("The organisation {org} was closed already."),
        Err(OrganisationFault::Refused(Refusal::NotRegistered)) => {
            return Err(Failure(format!("There is no organisation {org} here.")));
        }
        Err(fault) => return Err(Failure::because(format!("{org} was not closed"), fault)),
    }
    store.close().await
}

/// Issues an API key and prints it.
pub(crate) async fn issue_api_key(
    org: OrgId,
    expires: Option<Duration>,
    subjects: Vec<Subject>,
    arguments: OperatorArguments,
) -> Result<(), Failure> {
    let (store, operator) = open_operator(arguments).await?;
    let now = operator.clock.now();
    let valid_until = expires.map(|duration| now.plus(duration));
    let terms = ApiKeyTerms { org_id: org, issued_at: now, valid_until, subjects };
    let (text, issued) = issue(&store.table, terms, &operator).await?;
    print_line(text)?;
    eprintln!("Keep it safe: it is not shown again. Its id is {}.", issued.api_key_id.as_str());
    store.close().await
}

/// Issues an API key to an organisation that is registered and open.
pub(crate) async fn issue(
    table: &Table,
    terms: ApiKeyTerms,
    operator: &Operator,
) -> Result<(String, ApiKeyIssued), Failure> {
    let org = terms.org_id.clone();
    let (text, issued) = api_key::issue(terms, &operator.chance.bytes());
    let command = OrganisationCommand::IssueApiKey(issued.clone());
    match table.command_organisation(&org, &command, operator).await {
        Ok(_) => Ok((text, issued)),
        Err(OrganisationFault::Refused(_)) => Err(Failure(format!(
            "The organisation {org} is not registered, or was closed; `physical-keys org register {org}` registers it."
        ))),
        Err(fault) => Err(Failure::because("The API key was not issued", fault)),
    }
}

/// The inventory, and who works on it.
pub(crate) async fn open_operator(arguments: OperatorArguments) -> Result<(Store, Operator), Failure> {
    let operator = operator(arguments.actor)?;
    Ok((Store::open(&arguments.data).await?, operator))
}

/// Who works on the inventory: who was named, or the system's user.
pub(crate) fn operator(named: Option<Subject>) -> Result<Operator, Failure> {
    let unnamed = "It is not known who you are; say it with --actor";
    let id = if let Some(id) = named {
        id
    } else {
        let user = whoami::username().map_err(|error| Failure::because(unnamed, error))?;
        Subject::parse(user).map_err(|fault| Failure::because(unnamed, fault))?
    };
    Ok(Operator { id, clock: Clock::system(), chance: Chance::system() })
}

/// Lists the API keys of an organisation, one a line, with tabs between the columns.
pub(crate) async fn list_api_keys(
    org: &OrgId,
    arguments: &StoreArguments,
    output: JsonArguments,
) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    let listed = store.table.api_keys_of(org).await;
    let api_keys = listed.map_err(|fault| of_store("The API keys cannot be listed", &fault))?;
    let now = Clock::system().now();
    if output.json {
        api_keys.iter().try_for_each(|key| print_json(&ListedApiKey::of(key, now)))?;
        return store.close().await;
    }
    eprintln!("id\tstate\tissued\texpires\trevoked\tfor");
    for key in &api_keys {
        let columns = [Some(key.issued_at), key.valid_until, key.revoked_at]
            .map(|time| time.map_or("-".to_owned(), EpochMillis::to_rfc3339_seconds));
        let subjects: Vec<_> = key.subjects.iter().map(Subject::as_str).collect();
        let subjects = if subjects.is_empty() { "-".to_owned() } else { subjects.join(", ") };
        let columns = columns.join("\t");
        print_line(format!("{}\t{}\t{columns}\t{subjects}", key.api_key_id.as_str(), state(key, now)))?;
    }
    store.close().await
}

/// An API key as it is listed in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedApiKey<'a> {
    api_key_id: &'a str,
    state: &'static str,
    issued_at: String,
    valid_until: Option<String>,
    revoked_at: Option<String>,
    r#for: Vec<&'a str>,
}

impl<'a> ListedApiKey<'a> {
    fn of(key: &'a StoredApiKey, now: EpochMillis) -> Self {
        Self {
            api_key_id: key.api_key_id.as_str(),
            state: state(key, now),
            issued_at: key.issued_at.to_rfc3339_seconds(),
            valid_until: key.valid_until.map(EpochMillis::to_rfc3339_seconds),
            revoked_at: key.revoked_at.map(EpochMillis::to_rfc3339_seconds),
            r#for: key.subjects.iter().map(Subject::as_str).collect(),
        }
    }
}

fn state(key: &StoredApiKey, now: EpochMillis) -> &'static str {
    if key.revoked_at.is_some() {
        "revoked"
    } else if key.valid_until.is_some_and(|until| until <= now) {
        "expired"
    } else {
        "active"
    }
}

/// Revokes an API key.
pub(crate) async fn revoke_api_key(id: ApiKeyId, arguments: OperatorArguments) -> Result<(), Failure> {
    let unknown = || Failure(format!("There is no API key with the id {}.", id.as_str()));
    let (store, operator) = open_operator(arguments).await?;
    let owner = store.table.owner_of(&id).await;
    let owner =
        owner.map_err(|fault| of_store("The API key was not revoked", &fault))?.ok_or_else(unknown)?;
    let command = OrganisationCommand::RevokeApiKey(id.clone());
    match store.table.command_organisation(&owner, &command, &operator).await {
        Ok(Done::Now) => eprintln!("The API key {} is revoked.", id.as_str()),
        Ok(Done::Before) => eprintln!("The API key {} was revoked already.", id.as_str()),
        Err(OrganisationFault::Refused(_)) => return Err(unknown()),
        Err(fault) => return Err(Failure::because("The API key was not revoked", fault)),
    }
    store.close().await
}

fn of_store(what: impl std::fmt::Display, fault: &StoreFault) -> Failure {
    Failure::because(what, fault)
}
