//! Workbooks.

use std::io::{Cursor, Read, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::exports::random_key;
use super::*;

fn workbook(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(&mut workbook);
    workbook.save_to_buffer().unwrap()
}

fn header(sheet: &mut Worksheet, row: u32, names: &[&str]) {
    for (column, name) in (2..).zip(names) {
        sheet.write_string(row, column, *name).unwrap();
    }
}

#[test]
fn texts_and_numbers_are_read_wherever_the_table_begins() {
    let bytes = workbook(|workbook| {
        let sheet = workbook.add_worksheet();
        header(sheet, 3, &["user", "Note"]);
        sheet.write_number(4, 2, 4711).unwrap().write_string(4, 3, "'=1+1").unwrap();
        sheet.write_string(6, 2, " alice ").unwrap().write_number(6, 3, 1.5).unwrap();
        sheet.write_string(7, 2, "bob").unwrap().write_boolean(7, 3, true).unwrap();
    });
    let register = read_bytes(bytes).unwrap();
    assert_eq!(
        shown(&register),
        [(5, "4711", "-", "'=1+1"), (7, "alice", "-", "1.5"), (8, "bob", "-", "TRUE")]
    );
}

#[test]
fn what_no_text_says_is_a_fault() {
    let bytes = workbook(|workbook| {
        let sheet = workbook.add_worksheet();
        header(sheet, 0, &["user", "note"]);
        sheet.write_number(1, 2, 1_234_567_890_123_456_789_f64).unwrap();
        let day = ExcelDateTime::from_ymd(2026, 11, 29).unwrap();
        sheet.write_string(2, 2, "alice").unwrap();
        sheet.write_datetime_with_format(2, 3, &day, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
        sheet.write_formula(3, 2, Formula::new("NA()").set_result("#N/A")).unwrap();
        sheet.write_string(4, 2, "bob").unwrap().write_string(4, 4, "x").unwrap();
    });
    let expected = [
        (
            "A cell is a number with more digits than a sheet keeps; make the column text and enter it again.",
            vec![2],
        ),
        ("The user must not be empty.", vec![2]),
        ("A cell is a date or a time, which every program shows otherwise; make the column text.", vec![3]),
        ("The user is an error of the spreadsheet, such as `#N/A`.", vec![4]),
        ("The line has more cells than the header.", vec![5]),
    ];
    let register = read_bytes(bytes).unwrap();
    assert_eq!(said(&register), expected.map(|(fault, lines)| (fault.to_owned(), lines)));
}

#[test]
fn a_sheet_is_chosen_by_a_person_and_the_others_are_named() {
    let bytes = workbook(|workbook| {
        for (name, user) in [("2025", "alice"), ("2026", "bob")] {
            let sheet = workbook.add_worksheet().set_name(name).unwrap();
            header(sheet, 0, &["user"]);
            sheet.write_string(1, 2, user).unwrap();
        }
        workbook.add_worksheet();
    });
    refused(&bytes, "it has several sheets: 2025, 2026. Say which with --sheet");
    let mut reading = Reading { sheet: Some("2026".to_owned()), ..Reading::of(acme()) };
    let register = read(&bytes, &reading).unwrap();
    assert_eq!(
        (shown(&register), &register.unused),
        (vec![(2, "bob", "-", "-")], &vec!["sheet `2025`".to_owned()])
    );
    reading.sheet = Some("Sheet3".to_owned());
    let why = read(&bytes, &reading).unwrap_err().to_string();
    assert_eq!(why, "it has no sheet of that name with anything in it; there are: 2025, 2026");
}

/// The parts of a small workbook, by name.
fn parts(random: &mut Rng) -> Vec<(String, Vec<u8>)> {
    let mut writer = Writer::begin(ExportFormat::Xlsx, Vec::new()).unwrap();
    for number in 1..10 {
        writer.write(&random_key(random, number)).unwrap();
    }
    let mut archive = ZipArchive::new(Cursor::new(writer.end().unwrap())).unwrap();
    let mut parts = Vec::new();
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        parts.push((part.name().unwrap().into_owned(), bytes));
    }
    parts
}

fn archive(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Room would be made for so many before there is one, which ended the program.
#[test]
fn a_workbook_that_claims_more_texts_than_it_may_have_cells_is_refused() {
    let mut random = Rng::with_seed(7);
    let whole = parts(&mut random);
    for (claimed, is_refused) in [("9", false), ("16777216", false), ("16777217", true), ("4294967296", true)]
    {
        let mut parts = whole.clone();
        let (_, texts) = parts.iter_mut().find(|(name, _)| name.ends_with("sharedStrings.xml")).unwrap();
        let text = String::from_utf8(texts.clone()).unwrap();
        let (before, after) = text.split_once("uniqueCount=\"").unwrap();
        let (_, after) = after.split_once('"').unwrap();
        *texts = format!("<!-- <sst> -->{before}uniqueCount=\"{claimed}\"{after}")
            .replacen("<!-- <sst> --><?xml", "<?xml", 1)
            .into_bytes();
        let read = read_bytes(archive(&parts)).map_err(|why| why.to_string());
        match read {
            Ok(_) => assert!(!is_refused, "{claimed}"),
            Err(why) => {
                assert!(is_refused, "{claimed}");
                assert_eq!(why, "it claims to have more texts than it may have cells");
            }
        }
    }
}

/// The sheet and the texts of a workbook, changed by chance within the archive that holds them.
#[test]
fn a_workbook_of_nonsense_is_read_or_refused() {
    let seed = Rng::new().u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    let parts = parts(&mut random);
    let nonsense: [&[u8]; 8] = [
        b"4294967296",
        b"A99999999999",
        b"XFE1048577",
        b"\"",
        b"<c r=\"A1\"/>",
        b"<row r=\"0\">",
        b"&#0;",
        b"-1",
    ];
    for _ in 0..3_000 {
        let mut changed = parts.clone();
        let (_, bytes) = &mut changed[random.usize(..parts.len())];
        for _ in 0..random.usize(1..4) {
            let place = random.usize(..=bytes.len());
            let end = random.usize(place..=bytes.len().min(place + 20));
            match random.u8(..3) {
                0 => _ = bytes.splice(place..end, nonsense[random.usize(..nonsense.len())].iter().copied()),
                1 => bytes.extend_from_within(place..end),
                _ => bytes.truncate(bytes.len() - 1),
            }
        }
        let _ = read_bytes(archive(&changed));
    }
}
