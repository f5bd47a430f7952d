//! Workbooks: Excel's and `LibreOffice`'s, by the `calamine` crate. A text is a text; a number is read where it is exact.

use std::io::Cursor;

use calamine::{Data, Range, Reader, open_workbook_auto_from_rs};

use crate::fault::Unreadable;
use crate::records::{Cell, Record, Records};

/// How a workbook begins: ZIP (Excel since 2007, `LibreOffice`) and the container of older ones.
const BEGINNINGS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];
/// Beyond it, a number of a sheet is not exact: it is an IEEE double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether a file is a workbook.
pub(crate) fn is_one(bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|beginning| bytes.starts_with(beginning))
}

/// Reads the records of a sheet: the one that is named, otherwise the only one that holds anything.
pub(crate) fn read(bytes: &[u8], sheet: Option<&str>) -> Result<Records, Unreadable> {
    let broken = |error: calamine::Error| Unreadable::Broken(error.to_string());
    let mut workbook = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(broken)?;
    let mut filled = Vec::new();
    for name in workbook.sheet_names() {
        let range = workbook.worksheet_range(&name).map_err(broken)?;
        if !range.is_empty() {
            filled.push((name, range));
        }
    }
    let names = filled.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let chosen = match (sheet, filled.len()) {
        (_, 0) => return Err(Unreadable::Empty),
        (None, 1) => 0,
        (None, _) => return Err(Unreadable::SeveralSheets { names }),
        (Some(sheet), _) => {
            let place = names.iter().position(|name| name == sheet);
            place.ok_or(Unreadable::NoSuchSheet { names: names.clone() })?
        }
    };
    let (name, range) = filled.swap_remove(chosen);
    let others = names.into_iter().filter(|other| *other != name);
    let unused_parts = others.map(|other| format!("sheet `{other}`")).collect();
    let mut rows = records(&range).skip_while(Record::is_blank);
    let header = rows.next().ok_or(Unreadable::Empty)?;
    let mut header: Vec<_> = header.cells.into_iter().map(Option::unwrap_or_default).collect();
    let mut rows: Vec<_> = rows.collect();
    // A sheet is a rectangle; what is right of the header is long, and the rest of a short row is empty.
    while header.last().is_some_and(String::is_empty) {
        header.pop();
    }
    for row in &mut rows {
        while row.cells.len() > header.len() && row.cells.last().is_some_and(Option::is_none) {
            row.cells.pop();
        }
    }
    Ok(Records { header, rows, unused_parts, may_be_guarded: true, ..Records::default() })
}

fn records(range: &Range<Data>) -> impl Iterator<Item = Record> {
    let first_line = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
    (first_line..).zip(range.rows()).map(|(line, cells)| {
        let mut record = Record::of(line, Vec::with_capacity(cells.len()));
        for cell in cells {
            let cell = text(cell).unwrap_or_else(|what| {
                record.not_text = Some(what);
                None
            });
            record.cells.push(cell);
        }
        record
    })
}

/// What a cell says, or what it is that says nothing certain.
fn text(cell: &Data) -> Result<Cell, &'static str> {
    match cell {
        Data::Empty => Ok(None),
        Data::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Data::Int(number) => Ok(Some(number.to_string())),
        Data::Float(number) if number.abs() < EXACT => Ok(Some(number.to_string())),
        Data::Float(_) => {
            Err("a number with more digits than a sheet keeps; make the column text and enter it again")
        }
        Data::Bool(value) => Ok(Some(if *value { "TRUE" } else { "FALSE" }.to_owned())),
        Data::Error(error) => Ok(Some(error.to_string())),
        Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => {
            Err("a date or a time, which every program shows otherwise; make the column text")
        }
    }
}
