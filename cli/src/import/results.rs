//! The file of results: what became of each row, a line as soon as it is known, so that it is there however an import ends.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::values::KeyNumber;
use spreadsheet::guarded;

use super::plan::PlannedRow;
use crate::output::Failure;

pub(super) const COLUMNS: [&str; 7] = ["row", "line", "user", "number", "outcome", "reason", "addition"];
/// The outcome of a line that only says what is going to be asked for.
pub(super) const TO_BE_ADDED: &str = "to be added";
/// Most files of results of one name.
pub(super) const MOST: usize = 1_000;

const ADDED: &str = "added";
const OUT_BEFORE: &str = "out before";
const TAKEN_BACK: &str = "taken back since";
const REFUSED: &str = "refused";
/// The outcomes that are known for good.
pub(super) const SETTLED: [&str; 4] = [ADDED, OUT_BEFORE, TAKEN_BACK, REFUSED];

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Added(KeyNumber),
    /// The organisation had it out before.
    OutBefore(KeyNumber),
    /// It was out once, and was taken back.
    TakenBack(KeyNumber),
    Refused(String),
    /// It was sent, and how that ended is not known.
    NotAnswered,
    NotSent,
}

impl Outcome {
    /// The outcome in words, the number, the reason.
    fn cells(&self) -> (&'static str, String, &str) {
        match self {
            Self::Added(number) => (ADDED, number.to_string(), ""),
            Self::OutBefore(number) => (OUT_BEFORE, number.to_string(), ""),
            Self::TakenBack(number) => (TAKEN_BACK, number.to_string(), ""),
            Self::Refused(reason) => (REFUSED, String::new(), reason),
            Self::NotAnswered => ("not answered", String::new(), ""),
            Self::NotSent => ("not sent", String::new(), ""),
        }
    }
}

/// The results of one run, while they are written.
pub(super) struct Results {
    path: PathBuf,
    writer: csv::Writer<File>,
}

impl Results {
    /// Opens the file before anything is sent. One that is there is of an earlier run, and is not written again: this run's
    /// has the next number.
    pub(super) fn open(wanted: &Path) -> Result<Self, Failure> {
        for number in 1..=MOST {
            let path = numbered(wanted, number);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Self::begin(path, file),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    if is_device(&path) {
                        let file = OpenOptions::new().write(true).open(&path);
                        return Self::begin(path.clone(), file.map_err(|error| cannot_write(&path, error))?);
                    }
                }
                Err(error) => return Err(cannot_write(&path, error)),
            }
        }
        Err(Failure(format!("There are {MOST} files of results beside {} already.", wanted.display())))
    }

    fn begin(path: PathBuf, file: File) -> Result<Self, Failure> {
        let mut results = Self { path, writer: csv::Writer::from_writer(file) };
        results.line(&COLUMNS.map(str::to_owned))?;
        Ok(results)
    }

    /// Where they are.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Says that an import with `--again` is going to ask for this row's addition, so that it can be gone on with.
    pub(super) fn begun(&mut self, row: &PlannedRow) -> Result<(), Failure> {
        self.write(row, TO_BE_ADDED, "", "", Some(row.addition))
    }

    /// Says what became of a row.
    pub(super) fn told(&mut self, row: &PlannedRow, outcome: &Outcome) -> Result<(), Failure> {
        let (word, number, reason) = outcome.cells();
        self.write(row, word, &number, reason, None)
    }

    fn write(
        &mut self,
        row: &PlannedRow,
        outcome: &str,
        number: &str,
        reason: &str,
        addition: Option<usize>,
    ) -> Result<(), Failure> {
        let user = guarded(row.identity.user.as_str()).into_owned();
        let addition = addition.map(|addition| addition.to_string()).unwrap_or_default();
        let (place, line) = (row.place.to_string(), row.line.to_string());
        self.line(&[
            place,
            line,
            user,
            number.to_owned(),
            outcome.to_owned(),
            guarded(reason).into_owned(),
            addition,
        ])
    }

    /// A line is on its way to the disk when this returns: what is killed afterwards has told it.
    fn line<const N: usize>(&mut self, cells: &[String; N]) -> Result<(), Failure> {
        let written = self.writer.write_record(cells).map_err(std::io::Error::from);
        written.and_then(|()| self.writer.flush()).map_err(|error| cannot_write(&self.path, error))
    }
}

fn cannot_write(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::because(format!("{} cannot be written", path.display()), error)
}

/// The path of the first run's results, or that of a later one: `keys.results.csv`, `keys.results.2.csv`, ….
pub(super) fn numbered(wanted: &Path, number: usize) -> PathBuf {
    if number == 1 {
        return wanted.to_owned();
    }
    match wanted.extension() {
        Some(extension) => wanted.with_extension(format!("{number}.{}", extension.to_string_lossy())),
        None => wanted.with_extension(number.to_string()),
    }
}

/// Whether something is no file that could hold somebody's results, such as a pipe.
fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}
