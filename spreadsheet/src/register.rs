//! A whole file: its rows, and everything that there is to say about it before anything is done.

use domain::values::OrgId;

use crate::encoding::{self, Encoding};
use crate::fault::{FaultyRow, Unreadable};
use crate::header::{ColumnNames, Layout, Question};
use crate::lookalike::{Lookalikes, lookalikes};
use crate::records::Record;
use crate::row::{Row, RowReader};
use crate::{delimited, ndjson, workbook};

/// The largest file, in bytes: some millions of rows.
const LARGEST: usize = 256 * 1_024 * 1_024;

/// How a file is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The organisation whose physical keys they are.
    pub org_id: OrgId,
    /// What the columns are called.
    pub columns: ColumnNames,
    /// What is between the cells of a CSV file; its own word for it, or a comma, unless given.
    pub delimiter: Option<u8>,
    /// What a text is encoded in, where it does not say so itself.
    pub encoding: Option<Encoding>,
    /// The sheet of a workbook; the only one that holds anything unless given.
    pub sheet: Option<String>,
}

impl Reading {
    /// Reading a file of this organisation in which everything is as usual.
    #[must_use]
    pub fn of(org_id: OrgId) -> Self {
        Self { org_id, columns: ColumnNames::default(), delimiter: None, encoding: None, sheet: None }
    }
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Register {
    /// The physical keys to issue, in the order of the file.
    pub rows: Vec<Row>,
    /// The rows that cannot be used.
    pub faulty: Vec<FaultyRow>,
    /// What of the file is not used: columns, sheets.
    pub unused: Vec<String>,
    /// Columns that may be what is missing.
    pub questions: Vec<Question>,
    /// Users that look like others.
    pub lookalikes: Vec<Lookalikes>,
    /// Whether the file is an export of an inventory, whose guards against formulas have been taken away.
    pub is_export: bool,
}

/// Reads a file. What kind it is, it tells itself: a workbook, NDJSON, or CSV.
pub fn read(bytes: &[u8], reading: &Reading) -> Result<Register, Unreadable> {
    if bytes.len() > LARGEST {
        return Err(Unreadable::TooLarge { limit: LARGEST });
    }
    let records = if workbook::is_one(bytes) {
        workbook::read(bytes, reading.sheet.as_deref())?
    } else {
        let text = encoding::text(bytes, reading.encoding)?;
        if text.trim_start().starts_with('{') {
            ndjson::read(&text)?
        } else {
            delimited::read(&text, reading.delimiter)?
        }
    };
    let layout = Layout::of(&records.header, &reading.columns)?;
    let reader = RowReader::of(&records, &layout, &reading.org_id);
    let (mut rows, mut faulty) = (Vec::new(), Vec::new());
    // A program that writes a record means something by it.
    let is_row = |record: &&Record| records.is_exact || !record.is_blank();
    for record in records.rows.iter().filter(is_row) {
        match reader.row(record) {
            Ok(row) => rows.push(row),
            Err(fault) => faulty.push(fault),
        }
    }
    let is_export = layout.is_export && records.may_be_guarded;
    let unnamed = unnamed_columns(&records.header, &records.rows);
    let columns = layout.unused.iter().map(|name| format!("column `{name}`")).chain(unnamed);
    let unused = columns.chain(records.unused_parts).collect();
    let lookalikes = lookalikes(&rows);
    Ok(Register { rows, faulty, unused, questions: layout.questions, lookalikes, is_export })
}

/// Columns without a name that hold something.
fn unnamed_columns(header: &[String], rows: &[Record]) -> impl Iterator<Item = String> {
    let unnamed = (0..header.len()).filter(|place| header[*place].trim().is_empty());
    let holds = |place: &usize| rows.iter().any(|row| row.cells.get(*place).is_some_and(Option::is_some));
    unnamed
        .filter(holds)
        .map(|place| format!("column {} (without a name)", place + 1))
        .collect::<Vec<_>>()
        .into_iter()
}
