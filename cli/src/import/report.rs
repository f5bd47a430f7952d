//! What is said of a file before anything is sent.

use serde_json::{Value, json};
use spreadsheet::{Kind, Lookalikes, Question, Register, Spelling, kinds};

use super::plan::Counts;
use crate::arguments::registers::ImportArguments;
use crate::output::{Failure, tell};

/// Most kinds of faults, and lines of one, that are said.
const MOST_KINDS: usize = 20;
const MOST_LINES: usize = 10;
const MOST_LOOKALIKES: usize = 10;

/// Says what of the file is not used and what is wrong with it. It is good if nothing is wrong and nothing is in question.
pub(super) fn check(register: &Register, arguments: &ImportArguments) -> Result<(), Failure> {
    if register.is_export {
        tell("The file is an export: apostrophes that it has before formulas are taken away.");
    }
    if !register.unused.is_empty() {
        tell(format!("Not used: {}.", register.unused.join(", ")));
    }
    let kinds = kinds(&register.faulty);
    for kind in kinds.iter().take(MOST_KINDS) {
        tell(faulty(kind));
    }
    if kinds.len() > MOST_KINDS {
        tell(format!("And {} kinds of faults more.", kinds.len() - MOST_KINDS));
    }
    let mut failures = Vec::new();
    if !register.faulty.is_empty() {
        let (bad, of) = (register.faulty.len(), register.faulty.len() + register.rows.len());
        failures.push(format!("{bad} of {} cannot be imported.", rows(of)));
    } else if register.rows.is_empty() {
        failures.push("There are no rows.".to_owned());
    }
    failures.extend(register.questions.iter().map(question));
    if !arguments.answers.similar_users && !register.lookalikes.is_empty() {
        register.lookalikes.iter().take(MOST_LOOKALIKES).for_each(|alike| tell(lookalikes(alike)));
        failures.push(format!(
            "Users look alike ({}). If they are different persons, say --similar-users.",
            register.lookalikes.len()
        ));
    }
    if failures.is_empty() {
        return Ok(());
    }
    failures.push("Nothing was sent.".to_owned());
    Err(Failure(failures.join(" ")))
}

/// What of the file is not used, wrong or in question, in JSON: of each as much as is said.
pub(super) fn in_json(register: &Register) -> Value {
    let kinds = kinds(&register.faulty);
    let faults = kinds.iter().take(MOST_KINDS).map(|Kind { fault, lines }| {
        let first: Vec<_> = lines.iter().take(MOST_LINES).collect();
        json!({"fault": fault.to_string(), "count": lines.len(), "lines": first})
    });
    let alike = register.lookalikes.iter().take(MOST_LOOKALIKES).map(|Lookalikes(spellings)| {
        let spelling = |spelling: &Spelling| {
            json!({"userId": spelling.user.to_string(), "rows": spelling.rows, "line": spelling.line})
        };
        spellings.iter().map(spelling).collect::<Vec<_>>()
    });
    let question = |Question { column, option }: &Question| json!({"column": column, "option": option});
    json!({
        "rows": register.faulty.len() + register.rows.len(), "faultyRows": register.faulty.len(),
        "faultKinds": kinds.len(), "faults": faults.collect::<Vec<_>>(),
        "questions": register.questions.iter().map(question).collect::<Vec<_>>(),
        "similarUsers": alike.collect::<Vec<_>>(), "unused": register.unused,
    })
}

/// `Line 3: The user must not be empty.`, or, of many, how many there are and where the first ones are.
fn faulty(kind: &Kind<'_>) -> String {
    let Kind { fault, lines } = kind;
    match lines.as_slice() {
        [line] => format!("Line {line}: {fault}"),
        lines => {
            let first: Vec<_> = lines.iter().take(MOST_LINES).map(u64::to_string).collect();
            let more = if lines.len() > MOST_LINES { ", …" } else { "" };
            format!("{} lines ({}{more}): {fault}", lines.len(), first.join(", "))
        }
    }
}

fn question(question: &Question) -> String {
    let Question { column, option } = question;
    format!("Is the column `{column}` meant? Say {option} with its name, or --ignore-column with it.")
}

fn lookalikes(Lookalikes(spellings): &Lookalikes) -> String {
    let spelled = spellings.iter().map(|spelling| {
        format!("`{}` ({}, first in line {})", spelling.user, rows(spelling.rows), spelling.line)
    });
    format!("Look alike: {}.", spelled.collect::<Vec<_>>().join(", "))
}

/// `1 row`, `2 rows`.
pub(super) fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// How many rows stand where.
pub(super) fn counts(counts: Counts) -> String {
    let Counts { new, out, taken_back } = counts;
    format!("{}: {new} new, {out} out already, {taken_back} taken back since.", rows(new + out + taken_back))
}

/// What has to be asked about.
pub(super) fn not_new(counts: Counts) -> String {
    let Counts { new: _, out, taken_back } = counts;
    format!(
        "Not new: {} ({out} out already, {taken_back} taken back since), and no import of this file has left results here.",
        rows(out + taken_back)
    )
}
