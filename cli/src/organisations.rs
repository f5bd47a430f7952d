//! `org`, `api-key` and `table`: what an operator does before and between requests.

use std::time::Duration;

use domain::api_key::{self, ApiKeyId, ApiKeyTerms, StoredApiKey};
use domain::values::{EpochMillis, OrgId, OrgName, Subject};
use process::chance::Chance;
use process::clock::Clock;
use store::{Closed, OrganisationFault, Registered, RevokeFault, StoreFault, Stream, Table};

use crate::arguments::StoreArguments;
use crate::output::{Failure, print_line};
use crate::store::Store;

/// Registers an organisation.
pub(crate) async fn register(
    org: &OrgId,
    name: Option<&OrgName>,
    arguments: &StoreArguments,
) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    let registered = store.table.register_organisation(org, name, Clock::system().now()).await;
    match registered.map_err(|fault| Failure::because(format!("{org} was not registered"), fault))? {
        Registered::New => eprintln!("The organisation {org} is registered."),
        Registered::Before => eprintln!("The organisation {org} was registered already."),
        Registered::Closed => {
            return Err(Failure(format!(
                "The organisation {org} was closed, and stays closed: all its API keys would be good again."
            )));
        }
    }
    store.close().await
}

/// Closes an organisation.
pub(crate) async fn close(org: &OrgId, arguments: &StoreArguments) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    match store.table.close_organisation(org, Clock::system().now()).await {
        Ok(Closed::Now) => eprintln!("The organisation {org} is closed from the next request on."),
        Ok(Closed::Before) => eprintln!("The organisation {org} was closed already."),
        Err(OrganisationFault::NotOpen) => {
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
    arguments: &StoreArguments,
) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    let now = Clock::system().now();
    let valid_until = expires.map(|duration| now.plus(duration));
    let terms = ApiKeyTerms { org_id: org, created_at: now, valid_until, subjects };
    let (text, stored) = issue(&store.table, terms).await?;
    print_line(text)?;
    eprintln!("Keep it safe: it is not shown again. Its id is {}.", stored.api_key_id.as_str());
    store.close().await
}

/// Issues an API key to an organisation that is registered and open.
pub(crate) async fn issue(table: &Table, terms: ApiKeyTerms) -> Result<(String, StoredApiKey), Failure> {
    let (text, stored) = api_key::issue(terms, &Chance::system().bytes());
    match table.store_api_key(&stored).await {
        Ok(()) => Ok((text, stored)),
        Err(OrganisationFault::NotOpen) => Err(Failure(format!(
            "The organisation {org} is not registered, or was closed; `physical-keys org register {org}` registers it.",
            org = stored.org_id
        ))),
        Err(fault) => Err(Failure::because("The API key was not issued", fault)),
    }
}

/// Lists the API keys of an organisation, one a line, with tabs between the columns.
pub(crate) async fn list_api_keys(org: &OrgId, arguments: &StoreArguments) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    let listed = store.table.api_keys_of(org).await;
    let api_keys = listed.map_err(|fault| of_store("The API keys cannot be listed", &fault))?;
    eprintln!("id\tstate\tcreated\texpires\trevoked\tfor");
    let now = Clock::system().now();
    for key in &api_keys {
        let columns = [Some(key.created_at), key.valid_until, key.revoked_at]
            .map(|time| time.map_or("-".to_owned(), EpochMillis::to_rfc3339_seconds));
        let subjects: Vec<_> = key.subjects.iter().map(Subject::as_str).collect();
        let subjects = if subjects.is_empty() { "-".to_owned() } else { subjects.join(", ") };
        let columns = columns.join("\t");
        print_line(format!("{}\t{}\t{columns}\t{subjects}", key.api_key_id.as_str(), state(key, now)))?;
    }
    store.close().await
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
pub(crate) async fn revoke_api_key(id: &ApiKeyId, arguments: &StoreArguments) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    match store.table.revoke_api_key(id, Clock::system().now()).await {
        Ok(()) => eprintln!("The API key {} is revoked.", id.as_str()),
        Err(RevokeFault::NotFound) => {
            return Err(Failure(format!("There is no API key with the id {}.", id.as_str())));
        }
        Err(RevokeFault::Store(fault)) => return Err(of_store("The API key was not revoked", &fault)),
    }
    store.close().await
}

/// Creates the table.
pub(crate) async fn create_table(arguments: &StoreArguments) -> Result<(), Failure> {
    let store = Store::open(arguments).await?;
    // A local inventory's table was created, without a stream, when it was opened.
    let created = store.table.create(Stream::NewImages).await;
    let is_new = created.map_err(|fault| of_store("The table was not created", &fault))?;
    let said = if is_new { "is created" } else { "is there" };
    eprintln!("The table {} {said}.", store.table.name());
    store.close().await
}

fn of_store(what: impl std::fmt::Display, fault: &StoreFault) -> Failure {
    Failure::because(what, fault)
}
