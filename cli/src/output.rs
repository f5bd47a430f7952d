//! What goes where: a script's words alone on standard output, people's on standard error.

use std::fmt::Write as _;
use std::io::Write;

use domain::values::is_invisible;
use serde::Serialize;

/// Why a command ends with exit code 1: one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

/// The exit code of what was asked and could not be answered, which is neither yes nor no: as of arguments that make no sense.
pub(crate) const NOT_ANSWERED: u8 = 2;

impl Failure {
    /// A failure that says what was tried and why it did not work.
    pub(crate) fn because(what: impl std::fmt::Display, why: impl std::fmt::Display) -> Self {
        let why = why.to_string();
        Self(format!("{what}: {}.", why.trim_end_matches('.')))
    }
}

/// Tells a person something, on standard error. What comes from elsewhere, such as the name of a file or a field of a
/// spreadsheet, can neither steer the terminal nor turn the direction of a line.
pub(crate) fn tell(message: impl std::fmt::Display) {
    let message = message.to_string();
    let lines: Vec<_> = message.split('\n').map(visible).collect();
    eprintln!("{}", lines.join("\n"));
}

/// A text as a terminal can show it: control characters and invisible ones are escaped.
pub(crate) fn visible(text: &str) -> String {
    let shown = |character: char| {
        if character.is_control() || is_invisible(character) {
            character.escape_default().to_string()
        } else {
            character.to_string()
        }
    };
    text.chars().map(shown).collect()
}

/// Prints a line for a script. A pipe that was closed early is no failure of ours.
pub(crate) fn print_line(line: impl std::fmt::Display) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match writeln!(stdout, "{line}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::because("Standard output cannot be written", error))
        }
        _ => Ok(()),
    }
}

/// Prints a value as a line of JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print_line(json(value)?)
}

/// A value as one line of JSON. Whatever a terminal should not see is spelled by its number, which is the same to whoever parses it.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure::because("The report cannot be written", error))?;
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // To a text nothing fails to be written.
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(character);
        }
    }
    Ok(line)
}
