//! Spreadsheets: rows of physical keys to issue, and cells that no spreadsheet takes for a formula.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};
use domain::values::{Note, OrgName, TextFault, UserId};

use crate::arguments::ColumnArguments;
use crate::output::Failure;

/// A physical key to issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line of the file on which it begins, the header's being 1.
    pub(crate) line: u64,
    pub(crate) user: UserId,
    pub(crate) org_name: Option<OrgName>,
    pub(crate) note: Option<Note>,
}

/// A line that is no row, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) line: u64,
    pub(crate) reason: String,
}

/// The rows of a file with a header, and all its bad lines.
pub(crate) fn read(path: &Path, columns: &ColumnArguments) -> Result<(Vec<Row>, Vec<BadLine>), Failure> {
    let cannot =
        |error: &dyn std::fmt::Display| Failure::because(format!("{} cannot be read", path.display()), error);
    let bytes = std::fs::read(path).map_err(|error| cannot(&error))?;
    let mut reader =
        ReaderBuilder::new().delimiter(columns.delimiter).flexible(true).from_reader(bytes.as_slice());
    let header = reader.headers().map_err(|error| cannot(&error))?.clone();
    let position = |name: &str| header.iter().position(|column| column.trim() == name);
    let user = position(&columns.user_column).ok_or_else(|| {
        let names = header.iter().collect::<Vec<_>>().join(", ");
        Failure(format!(
            "{} has no column `{}`; its columns are: {names}. Name the right one with --user-column.",
            path.display(),
            columns.user_column
        ))
    })?;
    let layout = Layout {
        user,
        org_name: position(&columns.org_name_column),
        note: position(&columns.note_column),
        width: header.len(),
    };
    let (mut rows, mut bad_lines) = (Vec::new(), Vec::new());
    let mut lines = Lines { bytes: &bytes, counted: 0, line: 1 };
    let mut record = StringRecord::new();
    loop {
        let line = lines.of_record_at(reader.position().byte());
        match reader.read_record(&mut record) {
            Ok(false) => return Ok((rows, bad_lines)),
            Ok(true) => match layout.row(line, &record) {
                Ok(row) => rows.push(row),
                Err(reason) => bad_lines.push(BadLine { line, reason }),
            },
            Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
                bad_lines.push(BadLine { line, reason: "The line is not UTF-8.".to_owned() });
            }
            Err(error) => return Err(cannot(&error)),
        }
    }
}

/// Counts lines. The reader's own count is behind after `\r\n`.
struct Lines<'a> {
    bytes: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that is read next from this offset, after empty lines, which are no records.
    fn of_record_at(&mut self, offset: u64) -> u64 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.bytes.len());
        let skipped = self.bytes[offset..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &self.bytes[self.counted..offset + skipped];
        let ends = passed.split(|byte| *byte == b'\n').count() - 1;
        self.line += u64::try_from(ends).unwrap_or_default();
        self.counted = offset + skipped;
        self.line
    }
}

/// Where the columns are.
struct Layout {
    user: usize,
    org_name: Option<usize>,
    note: Option<usize>,
    width: usize,
}

impl Layout {
    /// Reads a row and names everything that is wrong with it.
    fn row(&self, line: u64, record: &StringRecord) -> Result<Row, String> {
        let mut faults = Vec::new();
        if record.len() != self.width {
            faults.push(format!("The line has {} cells, the header has {}.", record.len(), self.width));
        }
        // A cell that is empty was not filled in. Space around a cell is nobody's intention.
        let cell = |column: Option<usize>| {
            column.and_then(|column| record.get(column)).map(str::trim).filter(|cell| !cell.is_empty())
        };
        let user = parse("The user", cell(Some(self.user)).or(Some("")), UserId::parse, &mut faults);
        let org_name = parse("The organisation's name", cell(self.org_name), OrgName::parse, &mut faults);
        let note = parse("The note", cell(self.note), Note::parse, &mut faults);
        match user {
            Some(user) if faults.is_empty() => Ok(Row { line, user, org_name, note }),
            _ => Err(faults.join(" ")),
        }
    }
}

fn parse<T>(
    what: &str,
    cell: Option<&str>,
    parse: fn(String) -> Result<T, TextFault>,
    faults: &mut Vec<String>,
) -> Option<T> {
    parse(cell?.to_owned()).map_err(|fault| faults.push(format!("{what} {fault}."))).ok()
}

/// A text as a cell that no spreadsheet takes for a formula: with an apostrophe in front where it would (OWASP, "CSV
/// Injection").
pub(crate) fn cell(text: &str) -> String {
    const BEGINNINGS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(BEGINNINGS) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn columns() -> ColumnArguments {
        ColumnArguments {
            user_column: "user".to_owned(),
            org_name_column: "orgName".to_owned(),
            note_column: "note".to_owned(),
            delimiter: b',',
        }
    }

    fn read_text(text: impl AsRef<[u8]>) -> Result<(Vec<Row>, Vec<BadLine>), Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.csv");
        std::fs::write(&path, text).unwrap();
        read(&path, &columns())
    }

    #[test]
    fn rows_are_read_wherever_their_columns_are() {
        let text =
            "\u{feff}note,extra,user,orgName\r\n\"Front, \"\"main\"\"\",x, alice ,Acme\r\n\r\n,,bob,\r\n";
        let (rows, bad_lines) = read_text(text).unwrap();
        assert_eq!(bad_lines, []);
        let row = |line, user: &str, org_name: Option<&str>, note: Option<&str>| Row {
            line,
            user: UserId::parse(user).unwrap(),
            org_name: org_name.map(|name| OrgName::parse(name).unwrap()),
            note: note.map(|note| Note::parse(note).unwrap()),
        };
        assert_eq!(rows, [row(2, "alice", Some("Acme"), Some("Front, \"main\"")), row(4, "bob", None, None)]);
    }

    #[test]
    fn every_bad_line_is_named_with_all_its_faults() {
        let long = "n".repeat(501);
        let text = [
            b"user,note\n,\na,".as_slice(),
            long.as_bytes(),
            b"\nb,c,d\n\xff,x\n,",
            long.as_bytes(),
            b"\nok,\n",
        ];
        let (rows, bad_lines) = read_text(text.concat()).unwrap();
        assert_eq!(rows.len(), 1);
        let named: Vec<_> = bad_lines.iter().map(|bad| (bad.line, bad.reason.as_str())).collect();
        let too_long = "The note must be at most 500 characters long.";
        let both = format!("The user must not be empty. {too_long}");
        let expected = [
            (2, "The user must not be empty."),
            (3, too_long),
            (4, "The line has 3 cells, the header has 2."),
            (5, "The line is not UTF-8."),
            (6, both.as_str()),
        ];
        assert_eq!(named, expected);
    }

    #[test]
    fn a_file_without_users_is_refused() {
        let failure = read_text("name,note\nalice,\n").unwrap_err().to_string();
        assert!(
            failure.ends_with("its columns are: name, note. Name the right one with --user-column."),
            "{failure}"
        );
    }

    /// A field of the command that a row cannot give would have to be sent by hand.
    #[test]
    fn there_is_a_column_for_every_member_of_the_command() {
        let document: serde_json::Value = serde_json::from_str(&api_reference::json()).unwrap();
        let members = document["components"]["schemas"]["AddPhysicalKey"]["properties"].as_object().unwrap();
        let ColumnArguments { user_column: _, org_name_column, note_column, delimiter: _ } = columns();
        let mut expected = BTreeSet::from([org_name_column, note_column]);
        // The organisation is the same in every row, and an argument.
        expected.insert("orgId".to_owned());
        assert_eq!(members.keys().cloned().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn a_cell_is_never_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "-cmd|' /C calc'!A0"]
        {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for text in ["Front door", "1=1", "'=1", "", "Süd"] {
            assert_eq!(cell(text), text);
        }
    }
}
