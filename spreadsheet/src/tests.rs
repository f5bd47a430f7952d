//! Files as people have them, and what chance makes of them.

use std::collections::BTreeSet;

use domain::values::{Note, OrgId, OrgName};
use fastrand::Rng;

use super::*;

mod exports;
mod workbooks;

fn acme() -> OrgId {
    OrgId::parse("acme").unwrap()
}

fn read_bytes(bytes: impl AsRef<[u8]>) -> Result<Register, Unreadable> {
    read(bytes.as_ref(), &Reading::of(acme()))
}

fn read_text(text: &str) -> Register {
    read_bytes(text).unwrap_or_else(|why| panic!("{why}: {text:?}"))
}

/// Line, user, name and note of each row.
fn shown(register: &Register) -> Vec<(u64, &str, &str, &str)> {
    register
        .rows
        .iter()
        .map(|row| {
            let name = row.org_name.as_ref().map_or("-", OrgName::as_str);
            (row.line, row.user.as_str(), name, row.note.as_ref().map_or("-", Note::as_str))
        })
        .collect()
}

/// The faults by kind, as they are said.
fn said(register: &Register) -> Vec<(String, Vec<u64>)> {
    kinds(&register.faulty).into_iter().map(|kind| (kind.fault.to_string(), kind.lines)).collect()
}

#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, expected: &str) {
    assert_eq!(read_bytes(bytes).unwrap_err().to_string(), expected);
}

#[test]
fn columns_are_found_however_their_names_are_written() {
    for header in [
        "user,orgName,note",
        "USER , OrgName,\u{feff}Note",
        "\u{200b}userId,ORGNAME\t,\"no\u{ad}te\"",
        "UserID,orgname,note\u{a0}",
    ] {
        let register = read_text(&format!("{header}\nalice,Acme,Front door\n"));
        assert_eq!(shown(&register), [(2, "alice", "Acme", "Front door")], "{header}");
        assert_eq!((register.unused, register.questions), (vec![], vec![]), "{header}");
    }
}

#[test]
fn a_column_that_is_not_used_is_named() {
    let register = read_text("Room,user,,note\n12,alice,x,Front door\n");
    assert_eq!(register.unused, ["column `Room`", "column 3 (without a name)"]);
    assert_eq!(shown(&register), [(2, "alice", "-", "Front door")]);
    let register = read_text("user,,note\nalice,,Front door\n");
    assert!(register.unused.is_empty(), "there is nothing in it");
}

#[test]
fn a_near_miss_is_a_question() {
    let asked = |header: &str| {
        let register = read_text(&format!("{header}\na,b,c\n"));
        register.questions.into_iter().map(|question| (question.column, question.option)).collect::<Vec<_>>()
    };
    assert_eq!(
        asked("user,\"Note\n(what it opens)\",x"),
        [("Note\n(what it opens)".to_owned(), "--note-column")]
    );
    assert_eq!(asked("user,nots,x"), [("nots".to_owned(), "--note-column")]);
    assert_eq!(asked("user,org_name,note"), [("org_name".to_owned(), "--org-name-column")]);
    assert_eq!(asked("user,Organisation Name,note").len(), 1);
    assert_eq!(asked("user,note,Notes of last year"), [], "the notes were found");
    assert_eq!(asked("user,Room,Floor"), []);
}

#[test]
fn what_is_named_must_be_there() {
    let mut reading = Reading::of(acme());
    reading.columns.note = Some("Comment".to_owned());
    let why = read(b"user,note\na,b\n", &reading).unwrap_err().to_string();
    assert_eq!(why, "it has no column `Comment`, which --note-column names; its columns are: user, note");
    reading.columns = ColumnNames { ignored: vec!["x".to_owned()], ..ColumnNames::default() };
    let why = read(b"user,note\na,b\n", &reading).unwrap_err().to_string();
    assert_eq!(why, "it has no column `x`, which --ignore-column names; its columns are: user, note");
    refused(
        "person,note\na,b\n",
        "it has no column `user`; its columns are: person, note. Name the right one with --user-column",
    );
}

#[test]
fn columns_of_one_name_cannot_be_told_apart() {
    refused(
        "user,note,Note\na,b,c\n",
        "its columns `note` and `Note` have the same name. Rename one, or leave them out with --ignore-column",
    );
    refused(
        "user,userId\na,b\n",
        "its columns `user` and `userId` have the same name. Rename one, or leave them out with --ignore-column",
    );
    let mut reading = Reading::of(acme());
    reading.columns.ignored = vec!["x".to_owned()];
    assert_eq!(shown(&read(b"user,x,X\na,b,c\n", &reading).unwrap()), [(2, "a", "-", "-")]);
}

#[test]
fn there_is_an_outcome_for_each_row_whatever_ends_the_lines() {
    for end in ["\r", "\n", "\r\n"] {
        let text = ["user,note", "p1,\"two", "lines\"", "", ".,Cabinet", "p2,", ""].join(end);
        let register = read_text(&text);
        assert_eq!(register.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 6], "{text:?}");
        assert_eq!(said(&register), [("The user must not be `.` or `..`.".to_owned(), vec![5])]);
    }
}

/// Random rows, ended in random ways: what is read is as many as there are, on the lines where they are.
#[test]
fn rows_and_faults_are_as_many_as_the_rows_of_the_file() {
    let seed = Rng::new().u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    let cells = [
        "p1",
        "",
        "Front door",
        "\"a \"\"b\"\"\"",
        "\"x\ny\"",
        "\"x\r\ny\"",
        "\"x\ry\"",
        "#N/A",
        ".",
        "a;b",
        " ",
        "user",
    ];
    for _ in 0..5_000 {
        let end = |random: &mut Rng| ["\r", "\n", "\r\n"][random.usize(..3)];
        let mut text = format!("user,note{}", end(&mut random));
        let mut lines = Vec::new();
        for _ in 0..random.usize(..8) {
            let row: Vec<_> = (0..random.usize(1..4)).map(|_| cells[random.usize(..cells.len())]).collect();
            // A quoted line end is one; `\r` and `\n` of two rows never meet, because a row is not empty.
            if !row.iter().all(|cell| cell.trim().is_empty()) {
                lines.push(1 + line_ends(&text));
            }
            text.push_str(&row.join(","));
            text.push_str(if row.join(",").is_empty() { "\n" } else { end(&mut random) });
        }
        let register = read_text(&text);
        let read = register.rows.iter().map(|row| row.line);
        let read: BTreeSet<_> = read.chain(register.faulty.iter().map(|row| row.line)).collect();
        assert_eq!(register.rows.len() + register.faulty.len(), lines.len(), "{text:?}");
        assert_eq!(read, lines.into_iter().collect(), "{text:?}");
    }
}

/// By another reader than ours.
fn line_ends(text: &str) -> u64 {
    u64::try_from(text.replace("\r\n", "\n").matches(['\r', '\n']).count()).unwrap()
}

#[test]
fn rows_of_nothing_are_no_rows_and_short_rows_are_filled() {
    let register = read_text("user,orgName,note\r\n\r\np1\r\n,,\r\np2,,Mailbox\r\np3,,,\r\n , ,\r\n,,\r\n");
    assert_eq!(shown(&register), [(3, "p1", "-", "-"), (5, "p2", "-", "Mailbox"), (6, "p3", "-", "-")]);
    let register = read_text("user,note\np1,a,b\np2,a,,\n");
    assert_eq!(said(&register), [("The line has more cells than the header.".to_owned(), vec![2])]);
}

#[test]
fn what_a_program_wrote_is_meant() {
    let register = read_text(
        "{\"userId\":\"a\",\"note\":\" x \"}\n\n{\"userId\":\" \"}\n{}\n{\"userId\":7,\"note\":[]}\n",
    );
    assert_eq!(shown(&register), [(1, "a", "-", " x ")]);
    let expected = [
        ("The user must not begin or end with white space.", vec![3]),
        ("The user must not be empty.", vec![4]),
        ("A cell is a value that is neither text nor number.", vec![5]),
    ];
    assert_eq!(said(&register), expected.map(|(fault, lines)| (fault.to_owned(), lines)));
}

#[test]
fn mistakes_of_spreadsheets_are_named() {
    let register = read_text("user,note\n#N/A,x\nuser,note\n#REF!,\nbob,\0\nbob,#VALUE!\nok,x\n");
    let expected = [
        ("The user is an error of the spreadsheet, such as `#N/A`.", vec![2, 4]),
        ("The line is the header again.", vec![3]),
        ("The note contains a NUL character.", vec![5]),
        ("The note is an error of the spreadsheet, such as `#N/A`.", vec![6]),
    ];
    assert_eq!(said(&register), expected.map(|(fault, lines)| (fault.to_owned(), lines)));
}

#[test]
fn invisible_characters_make_no_other_person() {
    let register =
        read_text("user\np1@x\np1@x\u{200b}\n\u{202a}p1@x\u{202c}\n\u{a0}p1@x\u{a0}\np1@\u{a0}x\n p1@x \n");
    let lines: BTreeSet<_> = register.faulty.iter().map(|row| row.line).collect();
    assert_eq!(lines, BTreeSet::from([3, 4, 5, 6]));
    assert_eq!(register.rows.len(), 2);
    assert_eq!(
        register.rows[0].user, register.rows[1].user,
        "spaces of the space bar are nobody's intention"
    );
}

#[test]
fn users_that_look_alike_are_named_with_their_lines() {
    let register = read_text(
        "user\nAlice@x\nbob\nalice@x\nalice@x\nstra\u{df}e\nSTRASSE\nm\u{fc}ller\nmu\u{308}ller\na b\nab\n",
    );
    let shown: Vec<_> = register
        .lookalikes
        .iter()
        .map(|Lookalikes(spellings)| {
            spellings.iter().map(|spelling| (spelling.line, spelling.rows)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(
        shown,
        [vec![(2, 1), (4, 2)], vec![(6, 1), (7, 1)], vec![(8, 1), (9, 1)], vec![(10, 1), (11, 1)]]
    );
}

#[test]
fn a_row_of_another_organisation_is_a_fault() {
    let register = read_text("user,orgId\na,acme\nb,\nc,other\n");
    assert_eq!(said(&register), [("The line is of another organisation than acme.".to_owned(), vec![4])]);
    assert_eq!(register.rows.len(), 2);
}

#[test]
fn another_delimiter_is_named_or_obeyed() {
    refused("user;note\np1;x\n", "its cells are separated by something else. Say --delimiter ';'");
    refused("user\tnote\np1\tx\n", "its cells are separated by something else. Say --delimiter '\\t'");
    assert_eq!(shown(&read_text("sep=;\r\nuser;note\r\np1;a,b\r\n")), [(3, "p1", "-", "a,b")]);
    refused(
        "sep=\"\nuser\np1\n",
        "it has no column `user`; its columns are: sep=\". Name the right one with --user-column",
    );
    let mut reading = Reading::of(acme());
    reading.delimiter = Some(b';');
    assert_eq!(shown(&read(b"user;note\np1;a,b\n", &reading).unwrap()), [(2, "p1", "-", "a,b")]);
    let why = read(b"user,note\np1,x\n", &reading).unwrap_err().to_string();
    assert_eq!(why, "its cells are separated by something else. Say --delimiter ','");
}

#[test]
fn quotation_marks_that_do_not_fit_are_named_by_the_line_where_they_open() {
    refused("user,note\na,b\nc,\"d\ne,f\n", "the quotation mark that opens in line 3 is never closed");
    refused(
        "user,note\na,\"b\nc,\"d\ne,f\n",
        "the quotation mark that opens in line 2 is closed in the middle of a cell in line 3",
    );
    assert_eq!(shown(&read_text("user,note\na,12\" pipe\n")), [(2, "a", "-", "12\" pipe")]);
}

#[test]
fn what_a_text_is_encoded_in_is_certain_or_is_asked_for() {
    let text = "user,note\r\nalice,Tür 3\r\n";
    let utf_16 = |order: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(order).collect()
    };
    let row = [(2, "alice", "-", "Tür 3")];
    for bytes in [
        format!("\u{feff}{text}").into_bytes(),
        utf_16(u16::to_le_bytes, true),
        utf_16(u16::to_be_bytes, true),
    ] {
        assert_eq!(shown(&read_bytes(&bytes).unwrap()), row);
    }
    let why =
        "it is UTF-16 without a byte order mark. Say --encoding utf-16le, or save it again as `CSV UTF-8`";
    refused(utf_16(u16::to_le_bytes, false), why);
    let windows: Vec<_> = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect();
    let why = "line 2 is not UTF-8. If it was saved on Windows, say --encoding windows-1252, or save it again as `CSV UTF-8`";
    refused(&windows, why);
    let mut reading = Reading::of(acme());
    for (label, bytes) in [("windows-1252", windows), ("utf-16le", utf_16(u16::to_le_bytes, false))] {
        reading.encoding = Encoding::named(label);
        assert_eq!(shown(&read(&bytes, &reading).unwrap()), row, "{label}");
    }
    assert_eq!(Encoding::named("martian"), None);
}

#[test]
fn what_is_no_register_is_refused_in_a_sentence() {
    refused("", "it is empty");
    refused("\n\n,,\n", "it is empty");
    refused("{\"userId\":\"a\"}\n[]\n", "line 2 is not a JSON object");
    let why = "it is no Excel workbook (.xlsx). Save it as one, or as CSV";
    refused(b"PK\x03\x04 and no archive", why);
    refused(b"\xd0\xcf\x11\xe0 of 1997", why);
    refused(",".repeat(16 * 1_024 * 1_024), "it has more than 16777216 cells");
}
