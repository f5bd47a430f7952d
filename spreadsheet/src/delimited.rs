//! CSV: records by the `csv` crate, the lines they begin on and the quotation marks that do not fit by a scan of our own,
//! because the crate counts `\n` only and takes any quotation for one.

use csv::{ReaderBuilder, StringRecord};

use crate::fault::Unreadable;
use crate::records::{MOST_CELLS, Record, Records};

/// What may be between cells, in the order in which it is guessed for the mend of a wrong one.
const DELIMITERS: [u8; 4] = [b';', b'\t', b'|', b','];

/// Reads the records of a text. `delimiter` is what somebody named; otherwise a first line `sep=…` counts, or a comma.
pub(crate) fn read(text: &str, delimiter: Option<u8>) -> Result<Records, Unreadable> {
    let (named, body) = separator_line(text);
    let lines_before = u64::from(named.is_some());
    let delimiter = delimiter.or(named).unwrap_or(b',');
    let begins = record_lines(body.as_bytes(), delimiter, lines_before)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(body.as_bytes());
    let mut record = StringRecord::new();
    let mut room = MOST_CELLS;
    let mut found = Vec::with_capacity(begins.len());
    while reader.read_record(&mut record).map_err(|error| Unreadable::Broken(error.to_string()))? {
        let line = begins.get(found.len()).copied().unwrap_or_default();
        room = room.checked_sub(record.len()).ok_or(Unreadable::TooManyCells { limit: MOST_CELLS })?;
        let cells = record.iter().map(|cell| Some(cell.to_owned()).filter(|cell| !cell.is_empty()));
        found.push(Record::of(line, cells.collect()));
    }
    if found.len() != begins.len() {
        return Err(Unreadable::Broken("its records cannot be told apart".to_owned()));
    }
    let mut rows = found.into_iter().skip_while(Record::is_blank);
    let header = rows.next().ok_or(Unreadable::Empty)?;
    let header: Vec<_> = header.cells.into_iter().map(Option::unwrap_or_default).collect();
    if let [only] = header.as_slice()
        && let Some(other) =
            DELIMITERS.into_iter().find(|other| *other != delimiter && only.as_bytes().contains(other))
    {
        return Err(Unreadable::WrongDelimiter { delimiter: other });
    }
    Ok(Records { header, rows: rows.collect(), may_be_guarded: true, ..Records::default() })
}

/// Whether something can be between cells: not what a row or a quotation ends with.
#[must_use]
pub const fn can_delimit(byte: u8) -> bool {
    byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n')
}

/// The delimiter that a first line `sep=;` names, as Excel writes and obeys it, and the text after that line.
fn separator_line(text: &str) -> (Option<u8>, &str) {
    let rest = text.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|_| &text[4..]);
    let Some(rest) = rest else { return (None, text) };
    match rest.as_bytes() {
        [delimiter, b'\r', b'\n', ..] if can_delimit(*delimiter) => (Some(*delimiter), &rest[3..]),
        [delimiter, b'\r' | b'\n', ..] if can_delimit(*delimiter) => (Some(*delimiter), &rest[2..]),
        _ => (None, text),
    }
}

/// Where the scan is within a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where a cell begins; `true` where a record does.
    Begin {
        of_record: bool,
    },
    Cell,
    Quoted,
    /// After a quotation mark within quotation marks: it ends them, or is the first of two.
    Closing,
}

/// The line on which each record begins that the `csv` crate finds: it passes over lines without any character.
fn record_lines(text: &[u8], delimiter: u8, lines_before: u64) -> Result<Vec<u64>, Unreadable> {
    let mut begins = Vec::new();
    let (mut line, mut opened) = (1 + lines_before, 0);
    let (mut place, mut previous) = (Place::Begin { of_record: true }, 0);
    for &byte in text {
        let ends_line = byte == b'\r' || byte == b'\n' && previous != b'\r';
        let is_end = matches!(byte, b'\r' | b'\n');
        if place == (Place::Begin { of_record: true }) && !is_end {
            begins.push(line);
        }
        place = match (place, byte) {
            (Place::Quoted, b'"') => Place::Closing,
            (Place::Quoted, _) | (Place::Closing, b'"') => Place::Quoted,
            (_, _) if is_end => Place::Begin { of_record: true },
            (_, byte) if byte == delimiter => Place::Begin { of_record: false },
            (Place::Begin { .. }, b'"') => {
                opened = line;
                Place::Quoted
            }
            (Place::Begin { .. } | Place::Cell, _) => Place::Cell,
            (Place::Closing, _) => return Err(Unreadable::TextAfterQuotation { opened, line }),
        };
        line += u64::from(ends_line);
        previous = byte;
    }
    if place == Place::Quoted { Err(Unreadable::UnclosedQuotation { opened }) } else { Ok(begins) }
}
