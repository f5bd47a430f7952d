//! `import`: issues the physical keys of a register through the API, each once, however often it is run.

mod earlier;
mod history;
mod plan;
mod progress;
mod report;
mod results;
mod row_key;
mod sending;

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use spreadsheet::{ColumnNames, Reading, Register, Row};

use self::earlier::{Earlier, Reached};
use self::plan::{Counts, PlannedRow, Standing, Wanted};
use self::results::{Outcome, Results};
use self::sending::{Cut, Sent};
use crate::api_client::ApiClient;
use crate::arguments::registers::ImportArguments;
use crate::output::{Failure, print_json, tell};

/// The name of standard input where a file is expected.
const STANDARD_INPUT: &str = "-";
/// What to do after whatever happened. It is always the same.
const RUN_AGAIN: &str = "Run the same command again: it adds the rest, and nothing twice.";

/// Imports a file, and says what became of it, in JSON if that is wanted: whatever ended it, as far as it came.
pub(crate) async fn import(arguments: ImportArguments) -> Result<(), Failure> {
    let is_json = arguments.output.json;
    let mut report = Value::Null;
    let done = imported(arguments, &mut report).await;
    if is_json && !report.is_null() {
        print_json(&report)?;
    }
    done
}

/// Checks all of a file, finds out what of it is out already, and sends the rest.
async fn imported(arguments: ImportArguments, report: &mut Value) -> Result<(), Failure> {
    let register = read(&arguments)?;
    *report = report::in_json(&register);
    report::check(&register, &arguments)?;
    let rows = register.rows.len();
    if arguments.dry_run && !arguments.compare {
        tell(format!("{} can be imported. Nothing was sent.", report::rows(rows)));
        return Ok(());
    }
    let wanted_results = results_path(&arguments);
    let earlier = Earlier::of(&wanted_results);
    let mut wanted = wanted(&arguments, &earlier, &register.rows)?;
    let client = ApiClient::open(&arguments.api)?;
    let (org, concurrency) = (&arguments.org, arguments.concurrency);
    let mut planned = plan::plan(&client, org, &register.rows, &wanted, concurrency).await?;
    let counts = Counts::of(&planned);
    tell(report::counts(counts));
    report["standing"] = counts.in_json();
    if arguments.dry_run {
        tell("Nothing was sent.");
        return Ok(());
    }
    let is_answered = arguments.answers.only_new || arguments.answers.again || earlier != Earlier::None;
    if counts.new < rows && !is_answered && is_wanted_again(counts)? {
        wanted = Wanted::Again;
        planned = plan::plan(&client, org, &register.rows, &wanted, concurrency).await?;
        report["standing"] = Counts::of(&planned).in_json();
    }
    let mut results = Results::open(&wanted_results)?;
    write_known(&mut results, &planned, !matches!(wanted, Wanted::Rest))?;
    let sent = sending::send(&client, org, &planned, concurrency, &mut results).await?;
    report["sent"] = sent.in_json();
    report["results"] = results.path().display().to_string().into();
    conclude(sent, Counts::of(&planned), results.path())
}

/// Reads the file, or standard input.
fn read(arguments: &ImportArguments) -> Result<Register, Failure> {
    let name = arguments.file.display();
    let cannot = |error: &dyn std::fmt::Display| Failure::because(format!("{name} cannot be read"), error);
    let bytes = if arguments.file == Path::new(STANDARD_INPUT) {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(&arguments.file)
    };
    let columns = &arguments.columns;
    let reading = Reading {
        columns: ColumnNames {
            user: columns.user_column.clone(),
            org_name: columns.org_name_column.clone(),
            note: columns.note_column.clone(),
            ignored: columns.ignore_column.clone(),
        },
        delimiter: columns.delimiter,
        encoding: columns.encoding,
        sheet: columns.sheet.clone(),
        ..Reading::of(arguments.org.clone())
    };
    spreadsheet::read(&bytes.map_err(|error| cannot(&error))?, &reading).map_err(|why| cannot(&why))
}

/// What is asked for. An import with `--again` that was cut off is gone on with, not begun once more.
fn wanted(arguments: &ImportArguments, earlier: &Earlier, rows: &[Row]) -> Result<Wanted, Failure> {
    match earlier {
        // It had not yet said all that it was going to ask for, so it had not asked for anything.
        Earlier::Again { begun, reached: Reached::Begun }
            if begun.len() < rows.len() && arguments.answers.again =>
        {
            Ok(Wanted::Again)
        }
        Earlier::Again { begun, reached: Reached::Begun | Reached::Cut } if arguments.answers.again => {
            let is_same = begun.len() == rows.len()
                && begun.iter().zip(rows).all(|(begun, row)| begun.is_of(row.user.as_str()));
            if !is_same {
                let words = "The rows are others than when the import with --again was cut off. Use the file as it was, \
                             or another one with --results elsewhere.";
                return Err(Failure(words.to_owned()));
            }
            Ok(Wanted::Begun(begun.iter().map(|begun| begun.addition).collect()))
        }
        Earlier::Again { reached: Reached::Begun | Reached::Cut, .. } if !arguments.answers.only_new => {
            let words = "The last import of this file was with --again, and was cut off: go on with --again, or leave it \
                         with --only-new.";
            Err(Failure(words.to_owned()))
        }
        _ if arguments.answers.again => Ok(Wanted::Again),
        _ => Ok(Wanted::Rest),
    }
}

/// Asks whether rows that are out, or were, are further physical keys. Only a person knows.
fn is_wanted_again(counts: Counts) -> Result<bool, Failure> {
    let words = report::not_new(counts);
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Failure(format!(
            "{words} Are they the same physical keys (--only-new), or further ones (--again)? Nothing was sent."
        )));
    }
    loop {
        tell(format!("{words} Are they the same physical keys, or further ones? [same/further]"));
        let mut answer = String::new();
        let read = std::io::stdin().read_line(&mut answer);
        match (read, answer.trim()) {
            (Ok(_), "same") => return Ok(false),
            (Ok(_), "further") => return Ok(true),
            (Ok(0) | Err(_), _) => return Err(Failure("There was no answer. Nothing was sent.".to_owned())),
            _ => {}
        }
    }
}

/// The file of the results: as given, or beside the imported one.
fn results_path(arguments: &ImportArguments) -> PathBuf {
    let beside = || match arguments.file.as_path() {
        file if file == Path::new(STANDARD_INPUT) => PathBuf::from("import.results.csv"),
        file => file.with_extension("results.csv"),
    };
    arguments.results.clone().unwrap_or_else(beside)
}

/// Writes what is known before anything is sent.
fn write_known(results: &mut Results, rows: &[PlannedRow], is_again: bool) -> Result<(), Failure> {
    for row in rows.iter().filter(|_| is_again) {
        results.begun(row)?;
    }
    for row in rows {
        match row.standing {
            Standing::New => {}
            Standing::Out { number } => results.told(row, &Outcome::OutBefore(number))?,
            Standing::TakenBack { number } => results.told(row, &Outcome::TakenBack(number))?,
        }
    }
    Ok(())
}

fn conclude(sent: Sent, counts: Counts, results: &Path) -> Result<(), Failure> {
    let Sent { added, refused, unanswered, unsent, cut } = sent;
    let Counts { new: _, out, taken_back } = counts;
    let rest = match cut {
        None => String::new(),
        Some(_) => format!(", {unanswered} not answered, {unsent} not sent"),
    };
    let said = format!(
        "{added} added, {out} out before, {taken_back} taken back since, {refused} refused{rest}; see {}.",
        results.display()
    );
    match cut {
        Some(Cut::Stopped) => Err(Failure(format!("Stopped. {said}\n{RUN_AGAIN}"))),
        Some(Cut::Unusable(fault)) => Err(Failure(format!("{fault}\n{said}\n{RUN_AGAIN}"))),
        Some(Cut::Results(failure)) => Err(Failure(format!("{failure}\n{said}\n{RUN_AGAIN}"))),
        None if refused > 0 => Err(Failure(said)),
        None => {
            tell(said);
            Ok(())
        }
    }
}
