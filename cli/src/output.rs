//! What goes where: a script's words alone on standard output, people's on standard error.

use std::io::Write;

/// Why a command ends with exit code 1: one sentence.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    /// A failure that says what was tried and why it did not work.
    pub(crate) fn because(what: impl std::fmt::Display, why: impl std::fmt::Display) -> Self {
        Self(format!("{what}: {why}."))
    }
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
