//! `add`, `take-back`, `show`, `list` and `who`: physical keys from a shell, through the API.

mod commands;
mod lists;
mod story;

use std::time::Duration;

use domain::values::EpochMillis;
use serde_json::Value;
use spreadsheet::ExportedKey;

pub(crate) use self::commands::{add, take_back};
pub(crate) use self::lists::{list, who};
pub(crate) use self::story::show;
use crate::api_client::{ApiClient, ApiFault};
use crate::arguments::ApiArguments;
use crate::output::Failure;

/// Whoever waits at a terminal wants to know whether it works, but not before what is over soon is over.
const PATIENCE: Duration = Duration::from_secs(30);

fn client(arguments: &ApiArguments) -> Result<ApiClient, Failure> {
    Ok(ApiClient::open(arguments)?.with_patience(PATIENCE))
}

/// A physical key as the API says it. What all of a list have in common is not said of each: `more` has it.
fn physical_key(mut key: Value, more: (&str, &str)) -> Result<ExportedKey, ApiFault> {
    key[more.0] = more.1.into();
    serde_json::from_value(key)
        .map_err(|_| ApiFault::Unusable("The API's answer is not a physical key.".to_owned()))
}

fn moment(millis: Option<u64>) -> String {
    millis.map_or_else(String::new, |millis| EpochMillis::new(millis).to_rfc3339_seconds())
}
