//! NDJSON: an object a line, its members the columns. It is exact: a text is what it says.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::fault::Unreadable;
use crate::records::{MOST_CELLS, Record, Records};

/// Reads the records of a text. The columns are the members in the order in which they are first seen.
pub(crate) fn read(text: &str) -> Result<Records, Unreadable> {
    let mut header: Vec<String> = Vec::new();
    let mut places = HashMap::new();
    let mut rows = Vec::new();
    let mut room = MOST_CELLS;
    for (line, text) in (1..).zip(text.split('\n')) {
        if text.trim().is_empty() {
            continue;
        }
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| Unreadable::NotAnObject { line })?;
        let mut record = Record::of(line, Vec::new());
        for (name, value) in object {
            let place = *places.entry(name.clone()).or_insert_with(|| {
                header.push(name);
                header.len() - 1
            });
            let more = (place + 1).saturating_sub(record.cells.len());
            room = room.checked_sub(more).ok_or(Unreadable::TooManyCells { limit: MOST_CELLS })?;
            record.cells.resize(record.cells.len() + more, None);
            record.cells[place] = match value {
                Value::Null => None,
                Value::String(text) => Some(text),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                    record.not_text = Some("a value that is neither text nor number");
                    None
                }
            };
        }
        rows.push(record);
    }
    if rows.is_empty() {
        return Err(Unreadable::Empty);
    }
    Ok(Records { header, rows, is_exact: true, ..Records::default() })
}
