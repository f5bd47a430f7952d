//! What is wrong with a file, in sentences for the person who has it.

use domain::values::{OrgId, TextFault};

/// Why a file cannot be read at all. Nothing of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// There is nothing in it but blank rows.
    #[error("it is empty")]
    Empty,
    /// It is larger than a register of physical keys would be.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The most bytes that are read.
        limit: usize,
    },
    /// It has more cells than a register of physical keys would have.
    #[error("it has more than {limit} cells")]
    TooManyCells {
        /// The most cells that are read.
        limit: usize,
    },
    /// It is an archive, or an older kind of workbook.
    #[error("it is no Excel workbook (.xlsx). Save it as one, or as CSV")]
    NoWorkbook,
    /// It is probably one of the encodings of Windows, and could be read as many texts.
    #[error(
        "line {line} is not UTF-8. If it was saved on Windows, say --encoding windows-1252, or save it again as `CSV UTF-8`"
    )]
    NotUtf8 {
        /// Where it first is not.
        line: u64,
    },
    /// It is UTF-16 without the mark that says which.
    #[error(
        "it is UTF-16 without a byte order mark. Say --encoding utf-16le, or save it again as `CSV UTF-8`"
    )]
    UnmarkedUtf16,
    /// It is not text in the encoding that it says or that somebody named.
    #[error("it is no text in its encoding, first in line {line}")]
    Malformed {
        /// Where it first is not.
        line: u64,
    },
    /// The header is one column, with something in it that is usually between cells.
    #[error("its cells are separated by something else. Say --delimiter {}", spelled(*.delimiter))]
    WrongDelimiter {
        /// What it probably is.
        delimiter: u8,
    },
    /// A quotation mark without its other half: everything after it is one cell.
    #[error("the quotation mark that opens in line {opened} is never closed")]
    UnclosedQuotation {
        /// The line of the mark.
        opened: u64,
    },
    /// A quotation that ends within a cell: usually a mark was forgotten before it.
    #[error(
        "the quotation mark that opens in line {opened} is closed in the middle of a cell in line {line}"
    )]
    TextAfterQuotation {
        /// The line of the first mark.
        opened: u64,
        /// The line of the second.
        line: u64,
    },
    /// A line of NDJSON that is no object, or one with the same member twice.
    #[error("line {line} is not a JSON object")]
    NotAnObject {
        /// The line.
        line: u64,
    },
    /// A workbook in which several sheets hold something.
    #[error("it has several sheets: {}. Say which with --sheet", names.join(", "))]
    SeveralSheets {
        /// Those that hold something.
        names: Vec<String>,
    },
    /// A workbook without the sheet that somebody named.
    #[error("it has no sheet of that name with anything in it; there are: {}", names.join(", "))]
    NoSuchSheet {
        /// Those that hold something.
        names: Vec<String>,
    },
    /// The library that reads this kind of file cannot.
    #[error("{0}")]
    Broken(String),
    /// Without users there is nobody to issue anything to.
    #[error("it has no column `{wanted}`; its columns are: {}. Name the right one with --user-column", columns.join(", "))]
    NoUsers {
        /// The column that was looked for.
        wanted: String,
        /// Those that there are.
        columns: Vec<String>,
    },
    /// A column that somebody named.
    #[error("it has no column `{wanted}`, which {option} names; its columns are: {}", columns.join(", "))]
    NoColumn {
        /// The column that was looked for.
        wanted: String,
        /// The option that names it.
        option: &'static str,
        /// Those that there are.
        columns: Vec<String>,
    },
    /// Columns that cannot be told apart.
    #[error("its columns {} have the same name. Rename one, or leave them out with --ignore-column", quoted(.columns))]
    EqualColumns {
        /// As they are spelled.
        columns: Vec<String>,
    },
}

fn spelled(delimiter: u8) -> String {
    if delimiter == b'\t' { "'\\t'".to_owned() } else { format!("'{}'", char::from(delimiter)) }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ")
}

/// What is wrong with a row. `Display` is a sentence, the same for all rows of the kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// The user's id is none.
    #[error("The user {0}.")]
    User(TextFault),
    /// The organisation's name is none.
    #[error("The organisation's name {0}.")]
    OrgName(TextFault),
    /// The note is none.
    #[error("The note {0}.")]
    Note(TextFault),
    /// A space in the user's id that is not the space bar's, and looks like it or like nothing.
    #[error("The user contains a space that looks like another one.")]
    OddSpace,
    /// A value that a spreadsheet could not work out.
    #[error("The {0} is an error of the spreadsheet, such as `#N/A`.")]
    Error(&'static str),
    /// NUL, which no person types: the file is damaged, or is not what it seems.
    #[error("The {0} contains a NUL character.")]
    Nul(&'static str),
    /// Cells to the right of the last column.
    #[error("The line has more cells than the header.")]
    TooManyCells,
    /// The header once more, as in files that were put together.
    #[error("The line is the header again.")]
    HeaderAgain,
    /// A physical key of somebody else.
    #[error("The line is of another organisation than {0}.")]
    AnotherOrganisation(OrgId),
    /// A cell that holds something else than text.
    #[error("A cell is {0}.")]
    NotText(&'static str),
}

/// A row that cannot be used, and everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultyRow {
    /// Where people find it.
    pub line: u64,
    /// At least one.
    pub faults: Vec<RowFault>,
}

/// Rows with the same fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind<'a> {
    /// What is wrong with all of them.
    pub fault: &'a RowFault,
    /// Where they are, in order.
    pub lines: Vec<u64>,
}

/// Faulty rows by their faults, in the order in which the faults first appear. A row with two faults is in two kinds.
#[must_use]
pub fn kinds(rows: &[FaultyRow]) -> Vec<Kind<'_>> {
    let mut kinds: Vec<Kind<'_>> = Vec::new();
    for (row, fault) in rows.iter().flat_map(|row| row.faults.iter().map(move |fault| (row, fault))) {
        match kinds.iter_mut().find(|kind| kind.fault == fault) {
            Some(kind) => kind.lines.push(row.line),
            None => kinds.push(Kind { fault, lines: vec![row.line] }),
        }
    }
    kinds
}
