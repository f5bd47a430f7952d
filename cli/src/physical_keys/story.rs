//! `show`: one physical key, and all that happened to it.

use std::io::ErrorKind;

use domain::values::{KeyNumber, UserId};
use reqwest::StatusCode;
use serde_json::{Value, json};
use spreadsheet::ExportedKey;

use super::{client, moment, physical_key};
use crate::api_client::{ApiClient, ApiFault, Pages};
use crate::arguments::physical_keys::{OneKeyArguments, ShowArguments};
use crate::columns::TableRows;
use crate::output::{Failure, print_json, print_line, visible};

/// Shows it. One that was taken back has a history still.
pub(crate) async fn show(arguments: ShowArguments) -> Result<(), Failure> {
    let ShowArguments { key: OneKeyArguments { user, number }, history, api, output } = arguments;
    let client = client(&api)?;
    let held = held(&client, &user, number).await?;
    let events = if history { Some(events(&client, &user, number).await?) } else { None };
    if held.is_none() && events.as_ref().is_none_or(Vec::is_empty) {
        let hint = if history { "" } else { " --history tells whether it was taken back, and by whom." };
        return Err(Failure(format!("{user} holds no physical key {number}.{hint}")));
    }
    if output.json {
        return print_json(&in_json(&user, number, held.as_ref(), events)?);
    }
    say(&user, number, held.as_ref())?;
    match events {
        Some(events) => say_events(&events),
        None => Ok(()),
    }
}

/// The physical key, if the user holds it and the caller may know.
async fn held(client: &ApiClient, user: &UserId, number: KeyNumber) -> Result<Option<ExportedKey>, ApiFault> {
    let path = ["users", user.as_str(), "PhysicalKeys", &number.to_string()];
    let told = client.try_get(&path, &[]).await?;
    match told.answer() {
        Err(ApiFault::Refused(_)) if told.status == StatusCode::NOT_FOUND => Ok(None),
        answer => physical_key(answer?, ("userId", user.as_str())).map(Some),
    }
}

/// What the user's history tells of this number.
async fn events(client: &ApiClient, user: &UserId, number: KeyNumber) -> Result<Vec<Value>, ApiFault> {
    let mut pages = Pages::of(client, ["users", user.as_str(), "PhysicalKeyEvents"], "events");
    let mut of_it = Vec::new();
    while let Some(events) = pages.next().await? {
        of_it.extend(events.into_iter().filter(|event| event["event"]["data"]["number"] == json!(number)));
    }
    Ok(of_it)
}

fn in_json(
    user: &UserId,
    number: KeyNumber,
    held: Option<&ExportedKey>,
    events: Option<Vec<Value>>,
) -> Result<Value, Failure> {
    let mut shown = match held {
        Some(key) => serde_json::to_value(key)
            .map_err(|error| Failure::because("The physical key cannot be written", error))?,
        None => json!({"userId": user, "number": number}),
    };
    shown["out"] = json!(held.is_some());
    if let Some(events) = events {
        shown["events"] = Value::Array(events);
    }
    Ok(shown)
}

fn say(user: &UserId, number: KeyNumber, held: Option<&ExportedKey>) -> Result<(), Failure> {
    let Some(ExportedKey { user_id: _, number: _, org_id, org_name, note, added_at }) = held else {
        return print_line(visible(&format!("Physical key {number} of {user} was taken back.")));
    };
    print_line(visible(&format!("Physical key {number} of {user}")))?;
    let issuer = match org_name {
        Some(name) => format!("{org_id} ({})", name.as_str()),
        None => org_id.to_string(),
    };
    print_line(visible(&format!("  issued by  {issuer}")))?;
    if let Some(note) = note {
        print_line(visible(&format!("  note       {}", note.as_str())))?;
    }
    print_line(format!("  since      {}", added_at.to_rfc3339_seconds()))
}

fn say_events(events: &[Value]) -> Result<(), Failure> {
    print_line("")?;
    let header = ["RECORDED AT", "VERSION", "EVENT", "BY", "RECEIPT"];
    let mut rows = TableRows::new(std::io::stdout().lock(), header);
    let written = events.iter().try_for_each(|event| rows.write(&row(event))).and_then(|()| rows.end());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::because("Standard output cannot be written", error))
        }
        _ => Ok(()),
    }
}

fn row(event: &Value) -> [String; 5] {
    let (record, text) = (&event["record"], |value: &Value| value.as_str().unwrap_or_default().to_owned());
    let actor = &record["actor"];
    let who = ["id", "orgId"].into_iter().map(|name| text(&actor[name])).find(|who| !who.is_empty());
    [
        moment(record["recordedAt"].as_u64()),
        record["version"].as_u64().map(|version| version.to_string()).unwrap_or_default(),
        text(&event["event"]["type"]),
        format!("{} {}", text(&actor["type"]), who.unwrap_or_default()).trim_end().to_owned(),
        text(&event["hash"]),
    ]
}
