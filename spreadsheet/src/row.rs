//! A row: a physical key to issue.

use domain::values::{Note, OrgId, OrgName, TextFault, UserId};

use crate::fault::{FaultyRow, RowFault};
use crate::formula::{is_error, unguarded};
use crate::header::Layout;
use crate::records::{Record, Records};

/// A physical key to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where people find it: the line of a text on which it begins, the row of a sheet.
    pub line: u64,
    /// To whom.
    pub user: UserId,
    /// The organisation's display name, if there is one.
    pub org_name: Option<OrgName>,
    /// What is said about it.
    pub note: Option<Note>,
}

/// How the cells of a file are read.
#[derive(Debug)]
pub(crate) struct RowReader<'a> {
    layout: &'a Layout,
    header: &'a [String],
    org_id: &'a OrgId,
    /// No space is taken off, and nothing is taken for a mistake.
    is_exact: bool,
    is_guarded: bool,
}

impl<'a> RowReader<'a> {
    pub(crate) fn of(records: &'a Records, layout: &'a Layout, org_id: &'a OrgId) -> Self {
        Self {
            layout,
            header: &records.header,
            org_id,
            is_exact: records.is_exact || layout.is_export,
            is_guarded: records.may_be_guarded && layout.is_export,
        }
    }

    /// Reads a row and names everything that is wrong with it.
    pub(crate) fn row(&self, record: &Record) -> Result<Row, FaultyRow> {
        let mut faults: Vec<_> = record.not_text.map(RowFault::NotText).into_iter().collect();
        if record.cells.iter().skip(self.header.len()).any(Option::is_some) {
            faults.push(RowFault::TooManyCells);
        }
        let is_header =
            |(cell, name): (&Option<String>, &String)| cell.as_deref().unwrap_or_default() == name;
        if record.cells.len() == self.header.len() && record.cells.iter().zip(self.header).all(is_header) {
            return Err(FaultyRow { line: record.line, faults: vec![RowFault::HeaderAgain] });
        }
        let layout = self.layout;
        let user = self.cell(record, Some(layout.user), "user", &mut faults).unwrap_or_default();
        if !self.is_exact && user.chars().any(|character| character.is_whitespace() && character != ' ') {
            faults.push(RowFault::OddSpace);
        }
        let user = parse(Some(user), UserId::parse, RowFault::User, &mut faults);
        let org_name = self.cell(record, layout.org_name, "organisation's name", &mut faults);
        let org_name = parse(org_name, OrgName::parse, RowFault::OrgName, &mut faults);
        let note = self.cell(record, layout.note, "note", &mut faults);
        let note = parse(note, Note::parse, RowFault::Note, &mut faults);
        let org_id = self.cell(record, layout.org_id, "organisation", &mut faults);
        if org_id.is_some_and(|org_id| org_id != self.org_id.as_str()) {
            faults.push(RowFault::AnotherOrganisation(self.org_id.clone()));
        }
        match user {
            Some(user) if faults.is_empty() => Ok(Row { line: record.line, user, org_name, note }),
            _ => Err(FaultyRow { line: record.line, faults }),
        }
    }

    /// What a cell means. One that is empty was not filled in, and space around it is nobody's intention.
    fn cell(
        &self,
        record: &Record,
        column: Option<usize>,
        what: &'static str,
        faults: &mut Vec<RowFault>,
    ) -> Option<String> {
        let cell = record.cells.get(column?)?.as_deref()?;
        if self.is_exact && !self.is_guarded {
            return Some(cell.to_owned());
        }
        let trimmed = if self.is_exact { cell } else { cell.trim_matches([' ', '\t', '\r', '\n']) };
        if is_error(trimmed) {
            faults.push(RowFault::Error(what));
        }
        if self.is_guarded {
            return Some(unguarded(cell).into_owned());
        }
        if trimmed.contains('\0') {
            faults.push(RowFault::Nul(what));
        }
        Some(trimmed.to_owned()).filter(|cell| !cell.is_empty())
    }
}

fn parse<T>(
    cell: Option<String>,
    parse: fn(String) -> Result<T, TextFault>,
    fault: fn(TextFault) -> RowFault,
    faults: &mut Vec<RowFault>,
) -> Option<T> {
    parse(cell?).map_err(|why| faults.push(fault(why))).ok()
}
