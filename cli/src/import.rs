//! `import`: issues the physical keys of a spreadsheet through the API, each once, however often it is run.

mod row_key;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures_util::stream::{self, StreamExt};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::row_key::row_keys;
use crate::api_client::{ApiClient, ApiFault};
use crate::arguments::ImportArguments;
use crate::output::{Failure, tell};
use crate::spreadsheet::{self, Row, cell};

/// What became of a row.
#[derive(Debug)]
enum Outcome {
    Added(u64),
    /// An earlier run had added it.
    AddedBefore(u64),
    Refused(String),
}

/// Imports a file: checks all of it, then sends all of it, then writes what became of each row.
pub(crate) async fn import(arguments: ImportArguments) -> Result<(), Failure> {
    let (rows, bad_lines) = spreadsheet::read(&arguments.file, &arguments.columns)?;
    for bad in &bad_lines {
        tell(format!("Line {}: {}", bad.line, bad.reason));
    }
    if !bad_lines.is_empty() {
        let (bad, of) = (bad_lines.len(), bad_lines.len() + rows.len());
        return Err(Failure(format!("{bad} of {of} lines cannot be imported. Nothing was sent.")));
    }
    if arguments.dry_run {
        eprintln!("All {} lines can be imported. Nothing was sent.", rows.len());
        return Ok(());
    }
    let client = ApiClient::open(&arguments.api)?;
    let outcomes = send(&client, &arguments, &rows).await?;
    let results = results_path(&arguments);
    write_results(&results, &rows, &outcomes)?;
    conclude(&outcomes, &results)
}

/// Sends all rows: those of one user one after the other, so that their numbers are in the file's order; those of
/// different users side by side.
async fn send(
    client: &ApiClient,
    arguments: &ImportArguments,
    rows: &[Row],
) -> Result<HashMap<u64, Outcome>, Failure> {
    let keys = row_keys(&import_name(arguments), arguments.org.as_str(), rows);
    let mut users: Vec<Vec<(&Row, &String)>> = Vec::new();
    let mut places = HashMap::new();
    for (row, key) in rows.iter().zip(&keys) {
        let place = *places.entry(&row.user).or_insert_with(|| {
            users.push(Vec::new());
            users.len() - 1
        });
        users[place].push((row, key));
    }
    let progress = progress_bar(rows.len());
    let of_users = users.into_iter().map(|rows| add_all(client, arguments, &progress, rows));
    let mut sending = stream::iter(of_users).buffer_unordered(arguments.concurrency);
    let mut outcomes = HashMap::with_capacity(rows.len());
    while let Some(sent) = sending.next().await {
        outcomes.extend(sent.map_err(|fault| {
            Failure(format!(
                "{fault}\nLines may have been imported. Run the same command again: none is added twice."
            ))
        })?);
    }
    progress.finish_and_clear();
    Ok(outcomes)
}

/// Adds the physical keys of one user.
async fn add_all(
    client: &ApiClient,
    arguments: &ImportArguments,
    progress: &ProgressBar,
    rows: Vec<(&Row, &String)>,
) -> Result<Vec<(u64, Outcome)>, ApiFault> {
    let mut outcomes = Vec::with_capacity(rows.len());
    for (row, key) in rows {
        outcomes.push((row.line, add(client, arguments, row, key).await?));
        progress.inc(1);
    }
    Ok(outcomes)
}

async fn add(
    client: &ApiClient,
    arguments: &ImportArguments,
    row: &Row,
    key: &str,
) -> Result<Outcome, ApiFault> {
    let mut body = json!({"orgId": arguments.org});
    if let Some(org_name) = &row.org_name {
        body["orgName"] = json!(org_name);
    }
    if let Some(note) = &row.note {
        body["note"] = json!(note);
    }
    match client.post(&["users", row.user.as_str(), "AddPhysicalKey"], &body, key).await {
        Ok(answer) => match (answer.body["number"].as_u64(), answer.replayed) {
            (Some(number), false) => Ok(Outcome::Added(number)),
            (Some(number), true) => Ok(Outcome::AddedBefore(number)),
            (None, _) => Err(ApiFault::Unusable("The API's answer has no number.".to_owned())),
        },
        Err(ApiFault::Refused(reason)) => Ok(Outcome::Refused(reason)),
        Err(fault) => Err(fault),
    }
}

fn import_name(arguments: &ImportArguments) -> String {
    let of_file = || arguments.file.file_name().map(|name| name.to_string_lossy().into_owned());
    arguments.name.clone().or_else(of_file).unwrap_or_default()
}

/// On a terminal, a bar on standard error; elsewhere, nothing.
fn progress_bar(rows: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(rows).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{bar:40} {pos} of {len}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The file of the results: as given, or beside the imported one.
fn results_path(arguments: &ImportArguments) -> PathBuf {
    arguments.results.clone().unwrap_or_else(|| arguments.file.with_extension("results.csv"))
}

fn write_results(path: &Path, rows: &[Row], outcomes: &HashMap<u64, Outcome>) -> Result<(), Failure> {
    let cannot = |error: &dyn std::fmt::Display| {
        Failure::because(format!("{} cannot be written", path.display()), error)
    };
    let mut writer = csv::Writer::from_path(path).map_err(|error| cannot(&error))?;
    writer.write_record(["line", "user", "number", "outcome", "reason"]).map_err(|error| cannot(&error))?;
    for row in rows {
        let (number, outcome, reason) = match outcomes.get(&row.line) {
            Some(Outcome::Added(number)) => (number.to_string(), "added", ""),
            Some(Outcome::AddedBefore(number)) => (number.to_string(), "added before", ""),
            Some(Outcome::Refused(reason)) => (String::new(), "refused", reason.as_str()),
            None => (String::new(), "not sent", ""),
        };
        let record = [&row.line.to_string(), &cell(row.user.as_str()), &number, outcome, &cell(reason)];
        writer.write_record(record).map_err(|error| cannot(&error))?;
    }
    writer.flush().map_err(|error| cannot(&error))
}

fn conclude(outcomes: &HashMap<u64, Outcome>, results: &Path) -> Result<(), Failure> {
    let count = |is: fn(&Outcome) -> bool| outcomes.values().filter(|outcome| is(outcome)).count();
    let added = count(|outcome| matches!(outcome, Outcome::Added(_)));
    let before = count(|outcome| matches!(outcome, Outcome::AddedBefore(_)));
    let refused = count(|outcome| matches!(outcome, Outcome::Refused(_)));
    let said = format!("{added} added, {before} added before, {refused} refused; see {}.", results.display());
    if refused > 0 {
        return Err(Failure(said));
    }
    tell(said);
    Ok(())
}
