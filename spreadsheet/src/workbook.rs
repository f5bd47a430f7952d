//! Excel workbooks, by the `calamine` crate. A text is a text; a number is read where it is exact.

mod claims;

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{DataRef, Reader, Xlsx, XlsxError};

use crate::fault::Unreadable;
use crate::records::{Cell, MOST_CELLS, Record, Records};

/// How a ZIP archive begins, which a workbook is.
const ZIP: &[u8] = b"PK\x03\x04";
/// How a workbook of before 2007 begins.
const OLD: &[u8] = b"\xd0\xcf\x11\xe0";
/// What a sheet may have (Microsoft, "Excel specifications and limits").
const MOST_ROWS: u32 = 1_048_576;
const MOST_COLUMNS: u32 = 16_384;
/// Beyond it, a number of a sheet is not exact: it is an IEEE double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The workbook, as the crate reads it.
type Book<'a> = Xlsx<Cursor<&'a [u8]>>;

/// Whether a file is a workbook.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(OLD)
}

/// Reads the records of a sheet: the one that is named, otherwise the only one that holds anything.
pub(crate) fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Records, Unreadable> {
    claims::check(bytes)?;
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| Unreadable::NoWorkbook)?;
    let mut names = Vec::new();
    for name in book.sheet_names() {
        if holds_something(&mut book, &name)? {
            names.push(name);
        }
    }
    let name = match (sheet, names.as_slice()) {
        (_, []) => return Err(Unreadable::Empty),
        (None, [only]) => only,
        (None, _) => return Err(Unreadable::SeveralSheets { names }),
        (Some(sheet), _) => match names.iter().find(|name| *name == sheet) {
            Some(name) => name,
            None => return Err(Unreadable::NoSuchSheet { names }),
        },
    };
    let others = names.iter().filter(|other| *other != name);
    let unused_parts = others.map(|other| format!("sheet `{other}`")).collect();
    let records = records(&mut book, name)?;
    let mut rows = records.into_iter().skip_while(Record::is_blank);
    let header = rows.next().ok_or(Unreadable::Empty)?;
    // A table may begin anywhere in a sheet; what is left of it is a column without a name.
    let header = header.cells.into_iter().map(Option::unwrap_or_default).collect();
    Ok(Records { header, rows: rows.collect(), unused_parts, may_be_guarded: true, ..Records::default() })
}

impl From<XlsxError> for Unreadable {
    fn from(error: XlsxError) -> Self {
        Self::Broken(error.to_string())
    }
}

fn holds_something(book: &mut Book<'_>, sheet: &str) -> Result<bool, Unreadable> {
    let mut cells = match book.worksheet_cells_reader(sheet) {
        // A sheet of charts has no cells.
        Err(XlsxError::NotAWorksheet(_)) => return Ok(false),
        cells => cells?,
    };
    while let Some(cell) = cells.next_cell()? {
        if *cell.get_value() != DataRef::Empty {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The rows that have cells, by their numbers. A file says where its cells are: they are not made room for before they are
/// there, and there is an end of it.
fn records(book: &mut Book<'_>, sheet: &str) -> Result<Vec<Record>, Unreadable> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut rows: BTreeMap<u32, Record> = BTreeMap::new();
    let mut room = MOST_CELLS;
    while let Some(cell) = cells.next_cell()? {
        let (row, column) = cell.get_position();
        if *cell.get_value() == DataRef::Empty {
            continue;
        }
        if row >= MOST_ROWS || column >= MOST_COLUMNS {
            return Err(Unreadable::Broken("a cell is outside of its sheet".to_owned()));
        }
        let record = rows.entry(row).or_insert_with(|| Record::of(u64::from(row) + 1, Vec::new()));
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let more = (column + 1).saturating_sub(record.cells.len());
        room = room.checked_sub(more).ok_or(Unreadable::TooManyCells { limit: MOST_CELLS })?;
        record.cells.resize(record.cells.len() + more, None);
        match text(cell.get_value()) {
            Ok(text) => record.cells[column] = text,
            Err(what) => record.not_text = Some(what),
        }
    }
    Ok(rows.into_values().collect())
}

/// What a cell says, or what it is that says nothing certain.
fn text(cell: &DataRef<'_>) -> Result<Cell, &'static str> {
    let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    match cell {
        DataRef::Empty => Ok(None),
        DataRef::String(text) => Ok(given(text)),
        DataRef::SharedString(text) => Ok(given(text)),
        DataRef::Int(number) => Ok(Some(number.to_string())),
        DataRef::Float(number) if number.abs() < EXACT => Ok(Some(number.to_string())),
        DataRef::Float(_) => {
            Err("a number with more digits than a sheet keeps; make the column text and enter it again")
        }
        DataRef::Bool(value) => Ok(Some(if *value { "TRUE" } else { "FALSE" }.to_owned())),
        DataRef::Error(error) => Ok(Some(error.to_string())),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => {
            Err("a date or a time, which every program shows otherwise; make the column text")
        }
    }
}
