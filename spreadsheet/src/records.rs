//! What every kind of file is first read as: a header and records of cells, each with the line where people find it.

/// Most cells of a file. Each takes some memory, whatever is in it, and a file can have them for a byte each.
pub(crate) const MOST_CELLS: usize = 16 * 1_024 * 1_024;

/// A cell as it was found. There is none where the file has nothing.
pub(crate) type Cell = Option<String>;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Records {
    /// The names of the columns, as they are spelled.
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Record>,
    /// Whether cells are exactly what was meant, as a program wrote them: then no space is taken off.
    pub(crate) is_exact: bool,
    /// Whether `formula::given` may have been at its cells.
    pub(crate) may_be_guarded: bool,
    /// Parts of the file that are not looked at, such as other sheets.
    pub(crate) unused_parts: Vec<String>,
}

/// One record that is not the header.
#[derive(Debug)]
pub(crate) struct Record {
    /// The line of a text, the row of a sheet, from 1.
    pub(crate) line: u64,
    pub(crate) cells: Vec<Cell>,
    /// A cell that holds what is no text, and what it is.
    pub(crate) not_text: Option<&'static str>,
}

impl Record {
    pub(crate) fn of(line: u64, cells: Vec<Cell>) -> Self {
        Self { line, cells, not_text: None }
    }

    /// Whether there is nothing in it: office programs write such rows at the end of a sheet.
    pub(crate) fn is_blank(&self) -> bool {
        let is_blank = |cell: &Cell| cell.as_deref().is_none_or(|text| text.trim().is_empty());
        self.not_text.is_none() && self.cells.iter().all(is_blank)
    }
}
