//! Registers of physical keys in files that people have: CSV of whatever office program, Excel workbooks, NDJSON.
//!
//! Nothing that is in a file is lost without a word, and nothing is invented: a column that is not used is named, a row that
//! cannot be read is a fault, and what only a person can know is a question. It is all known from the file's bytes; nothing
//! here reads or writes a disk or a network.

mod delimited;
mod encoding;
mod export;
mod fault;
mod formula;
mod header;
mod lookalike;
mod ndjson;
mod records;
mod register;
mod row;
mod workbook;

pub use self::delimited::can_delimit;
pub use self::encoding::Encoding;
pub use self::export::{COLUMNS, ExportFormat, ExportedKey, Writer};
pub use self::fault::{FaultyRow, Kind, RowFault, Unreadable, kinds};
pub use self::formula::guarded;
pub use self::header::{ColumnNames, Question};
pub use self::lookalike::{Lookalikes, Spelling};
pub use self::register::{Reading, Register, read};
pub use self::row::Row;

#[cfg(test)]
mod tests;
