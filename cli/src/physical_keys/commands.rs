//! `add` and `take-back`: one command each, which is safe to give again.

use domain::values::UserId;
use process::chance::Chance;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::client;
use crate::api_client::{ApiClient, ApiFault, Told};
use crate::arguments::physical_keys::{AddArguments, CommandArguments, TakeBackArguments};
use crate::output::{Failure, print_json, print_line, tell};

const REMOVE: &str = "RemovePhysicalKey";

/// Issues a physical key, and prints its number.
pub(crate) async fn add(arguments: AddArguments) -> Result<(), Failure> {
    let AddArguments { user, org, org_name, note, how } = arguments;
    let client = client(&how.api)?;
    let org = client.organisation(org)?;
    let mut body = json!({"orgId": org});
    if let Some(org_name) = &org_name {
        body["orgName"] = json!(org_name);
    }
    if let Some(note) = &note {
        body["note"] = json!(note);
    }
    let (told, answer) = give(&client, &user, "AddPhysicalKey", &body, &how).await?;
    let number = answer["number"].as_u64();
    let number = number.ok_or_else(|| Failure("The API's answer has no number.".to_owned()))?;
    if how.output.json {
        print(&told, answer)?;
    } else {
        print_line(number)?;
    }
    let done = if told.replayed { "was issued before" } else { "is issued" };
    tell(format!("Physical key {number} of {org} {done} to {user}.{}", receipt(&told)));
    Ok(())
}

/// Takes a physical key back.
pub(crate) async fn take_back(arguments: TakeBackArguments) -> Result<(), Failure> {
    let TakeBackArguments { key, how } = arguments;
    let client = client(&how.api)?;
    let body = json!({"number": key.number});
    let (told, answer) = give(&client, &key.user, REMOVE, &body, &how).await?;
    if how.output.json {
        print(&told, answer)?;
    }
    let done = if told.replayed { "was taken back before" } else { "is taken back" };
    tell(format!("Physical key {} {done} from {}.{}", key.number, key.user, receipt(&told)));
    Ok(())
}

/// Gives a command. Where nobody knows what came of it, the same command can be given once more.
async fn give(
    client: &ApiClient,
    user: &UserId,
    command: &str,
    body: &Value,
    how: &CommandArguments,
) -> Result<(Told, Value), Failure> {
    let key = how.idempotency_key.as_ref().map_or_else(new_key, |key| key.as_str().to_owned());
    let told = match client.try_post(&["users", user.as_str(), command], body, &key).await {
        Ok(told) => told,
        Err(fault @ ApiFault::Unanswered(_)) => {
            return Err(Failure(format!(
                "{fault}\nWhether it was carried out is not known. The same command with --idempotency-key {key} carries it out once."
            )));
        }
        Err(fault) => return Err(fault.into()),
    };
    let answer = match told.answer() {
        Err(ApiFault::Refused(reasons)) if told.status == StatusCode::NOT_FOUND && command == REMOVE => {
            return Err(Failure(format!(
                "{reasons} `physical-keys list --user {user}` lists those that are held."
            )));
        }
        answer => answer?,
    };
    Ok((told, answer))
}

/// An idempotency key that nobody has used.
fn new_key() -> String {
    format!("cli-{}", data_encoding::HEXLOWER.encode(&Chance::system().bytes::<16>()))
}

/// The API's answer with what its headers say.
fn print(told: &Told, mut answer: Value) -> Result<(), Failure> {
    answer["eventHash"] = json!(told.event_hash);
    answer["replayed"] = json!(told.replayed);
    print_json(&answer)
}

fn receipt(told: &Told) -> String {
    told.event_hash.as_ref().map(|hash| format!(" Its receipt is {hash}.")).unwrap_or_default()
}
