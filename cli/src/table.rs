//! `table`: the DynamoDB table itself.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use process::retry::Backoff;
use recovery::table_check::{Checked, TableCheck};
use serde::Serialize;

use crate::arguments::StoreArguments;
use crate::arguments::json::JsonArguments;
use crate::output::{Failure, NOT_ANSWERED, print_json, print_line, tell, visible};
use crate::progress_file::ProgressFile;
use crate::store::Store;

/// Until when the table may be read.
const LONGEST: Duration = Duration::from_hours(24);

/// Creates the table.
pub(crate) async fn create(arguments: &StoreArguments) -> Result<(), Failure> {
    tell(Store::create(arguments).await?);
    Ok(())
}

/// Checks the table. 0: it is whole; 1: it is not; 2: it could not be checked.
pub(crate) async fn check(
    arguments: &StoreArguments,
    resume: Option<PathBuf>,
    output: JsonArguments,
) -> ExitCode {
    match checked(arguments, resume, output).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            tell(failure);
            ExitCode::from(NOT_ANSWERED)
        }
    }
}

/// Whether it is whole.
async fn checked(
    arguments: &StoreArguments,
    resume: Option<PathBuf>,
    output: JsonArguments,
) -> Result<bool, Failure> {
    let store = Store::open(arguments).await?;
    let file = ProgressFile::new(resume, format!("a check of the table {}", store.table.name()));
    let bar = spinner("{spinner} {msg}, {elapsed}");
    let check = TableCheck {
        table: &store.table,
        deadline: Instant::now() + LONGEST,
        waits: || Backoff::new(fastrand::Rng::new()),
    };
    let run = check.run(file.read()?, |checked| {
        bar.set_message(format!("{} histories, {} events", checked.histories, checked.events));
        file.keep(checked);
    });
    let run = run.await.map_err(|fault| Failure::because("The table could not be checked", fault));
    bar.finish_and_clear();
    let checked = run?;
    file.end();
    if output.json { print_json(&Report::of(&checked)) } else { say(&checked) }?;
    store.close().await?;
    Ok(checked.count == 0)
}

/// What was found, in JSON. Of very many faults only the first ones are listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    whole: bool,
    histories: u64,
    events: u64,
    fault_count: u64,
    faults: Vec<String>,
}

impl Report {
    fn of(Checked { histories, events, faults, count, next: _, last: _ }: &Checked) -> Self {
        Self {
            whole: *count == 0,
            histories: *histories,
            events: *events,
            fault_count: *count,
            faults: faults.iter().map(ToString::to_string).collect(),
        }
    }
}

fn say(Checked { histories, events, faults, count, next: _, last: _ }: &Checked) -> Result<(), Failure> {
    for fault in faults {
        print_line(visible(&format!("{fault}.")))?;
    }
    if *count > 0 {
        let told = u64::try_from(faults.len()).unwrap_or(u64::MAX);
        let more = match count - told {
            0 => String::new(),
            more => format!(" {more} of them are not listed."),
        };
        let found = if *count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
        return print_line(format!(
            "Not whole: {found} in {histories} histories with {events} events.{more}"
        ));
    }
    print_line(format!("Checked {histories} histories with {events} events."))?;
    print_line(
        "Every event follows the one before it, and could have happened. Everything else is what follows from them.",
    )?;
    print_line("Both indexes have what they should, and what was exported is what is there.")
}

/// On a terminal, what is being done, on standard error; elsewhere, nothing.
pub(crate) fn spinner(template: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
