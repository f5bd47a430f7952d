//! Physical keys that are out, written as a file that `read` reads again without loss.

use std::borrow::Cow;
use std::io::{self, Write};

use domain::values::{EpochMillis, KeyNumber, Note, OrgId, OrgName, UserId};
use rust_xlsxwriter::{Workbook, XlsxError};
use serde::{Deserialize, Serialize};

use crate::formula::given;

/// What an export says of each physical key, in the order of its columns.
pub const COLUMNS: [&str; 6] = ["userId", "number", "orgId", "orgName", "note", "addedAt"];

/// A physical key that is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedKey {
    /// Who holds it.
    pub user_id: UserId,
    /// Its number among that user's.
    pub number: KeyNumber,
    /// Who issued it.
    pub org_id: OrgId,
    /// The issuer's display name, if it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_name: Option<OrgName>,
    /// What was said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Note>,
    /// When it was issued.
    pub added_at: EpochMillis,
}

/// What an export is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// For spreadsheets: no cell begins a formula.
    Csv {
        /// Whether it begins with a byte order mark, without which Excel takes UTF-8 for something else.
        mark: bool,
    },
    /// A JSON object a line, as the API answers it.
    Ndjson,
    /// An Excel workbook. Its cells are those of CSV, as texts, so that they are safe when it is saved as CSV.
    Xlsx,
}

/// Writes an export.
pub struct Writer<W: Write>(Inner<W>);

enum Inner<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Ndjson(W),
    Xlsx { workbook: Box<Workbook>, rows: u32, output: W },
}

impl ExportedKey {
    fn cells(&self) -> [Cow<'_, str>; 6] {
        [
            given(self.user_id.as_str()),
            self.number.to_string().into(),
            given(self.org_id.as_str()),
            self.org_name.as_ref().map_or(Cow::Borrowed(""), |org_name| given(org_name.as_str())),
            self.note.as_ref().map_or(Cow::Borrowed(""), |note| given(note.as_str())),
            self.added_at.to_rfc3339().into(),
        ]
    }
}

impl<W: Write> Writer<W> {
    /// Begins an export with the names of its columns.
    pub fn begin(format: ExportFormat, mut output: W) -> io::Result<Self> {
        Ok(Self(match format {
            ExportFormat::Csv { mark } => {
                if mark {
                    output.write_all("\u{feff}".as_bytes())?;
                }
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(COLUMNS).map_err(of_csv)?;
                Inner::Csv(Box::new(writer))
            }
            ExportFormat::Ndjson => Inner::Ndjson(output),
            ExportFormat::Xlsx => {
                let mut workbook = Box::new(Workbook::new());
                let sheet = workbook.add_worksheet();
                for (column, name) in (0..).zip(COLUMNS) {
                    sheet.write_string(0, column, name).map_err(of_workbook)?;
                }
                Inner::Xlsx { workbook, rows: 1, output }
            }
        }))
    }

    /// Writes a physical key.
    pub fn write(&mut self, key: &ExportedKey) -> io::Result<()> {
        match &mut self.0 {
            Inner::Csv(writer) => {
                writer.write_record(key.cells().iter().map(AsRef::<str>::as_ref)).map_err(of_csv)
            }
            Inner::Ndjson(output) => {
                serde_json::to_writer(&mut *output, key)?;
                output.write_all(b"\n")
            }
            Inner::Xlsx { workbook, rows, .. } => {
                let sheet = workbook.worksheet_from_index(0).map_err(of_workbook)?;
                for (column, cell) in (0..).zip(key.cells()) {
                    sheet.write_string(*rows, column, cell).map_err(of_workbook)?;
                }
                *rows += 1;
                Ok(())
            }
        }
    }

    /// Ends the export. A workbook is written at its end, and all at once.
    pub fn end(self) -> io::Result<W> {
        match self.0 {
            Inner::Csv(writer) => writer.into_inner().map_err(csv::IntoInnerError::into_error),
            Inner::Ndjson(mut output) => output.flush().map(|()| output),
            Inner::Xlsx { mut workbook, mut output, .. } => {
                output.write_all(&workbook.save_to_buffer().map_err(of_workbook)?)?;
                output.flush().map(|()| output)
            }
        }
    }
}

/// Whoever is told that a pipe was closed has to see that it was one.
fn of_csv(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A sheet has at most 1,048,576 rows; there is nothing else that it cannot hold of ours.
fn of_workbook(error: XlsxError) -> io::Error {
    io::Error::other(error)
}
