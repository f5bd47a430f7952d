//! What is written is read as it was, and is no formula to anybody.

use domain::values::{EpochMillis, KeyNumber, UserId};

use super::*;

/// Texts in which everything is that an escape could lose.
fn text(random: &mut Rng, longest: usize) -> String {
    const CHARACTERS: [&str; 31] = [
        "=",
        "+",
        "-",
        "@",
        "'",
        "\"",
        ",",
        ";",
        "\t",
        "\r",
        "\n",
        "\r\n",
        "\0",
        "＝",
        " ",
        "\u{a0}",
        "a",
        "B",
        "ü",
        "u\u{308}",
        "🗝",
        "#N/A",
        "_x000D_",
        "_x005F_x0041_",
        "\u{1}",
        "\u{7f}",
        "\u{feff}",
        "\u{ffff}",
        "&amp;",
        "<b>",
        "\u{2028}",
    ];
    (0..random.usize(..longest)).map(|_| CHARACTERS[random.usize(..CHARACTERS.len())]).collect()
}

pub(super) fn random_key(random: &mut Rng, number: u64) -> ExportedKey {
    let user_id = loop {
        if let Ok(user_id) = UserId::parse(text(random, 6)) {
            break user_id;
        }
    };
    ExportedKey {
        user_id,
        number: KeyNumber::new(number).unwrap(),
        org_id: acme(),
        org_name: random.bool().then(|| OrgName::parse(text(random, 6)).unwrap()),
        note: random.bool().then(|| Note::parse(text(random, 12)).unwrap()),
        added_at: EpochMillis::new(1_795_435_200_000 + number),
    }
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let seed = Rng::new().u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    for _ in 0..300 {
        let keys: Vec<_> = (1..random.u64(2..40)).map(|number| random_key(&mut random, number)).collect();
        for format in [
            ExportFormat::Csv { mark: false },
            ExportFormat::Csv { mark: true },
            ExportFormat::Ndjson,
            ExportFormat::Xlsx,
        ] {
            let mut writer = Writer::begin(format, Vec::new()).unwrap();
            for key in &keys {
                writer.write(key).unwrap();
            }
            let bytes = writer.end().unwrap();
            let register = read_bytes(&bytes).unwrap_or_else(|why| panic!("{format:?}: {why}"));
            assert_eq!(register.faulty, [], "{format:?}");
            let read: Vec<_> =
                register.rows.iter().map(|row| (&row.user, &row.org_name, &row.note)).collect();
            let written: Vec<_> = keys.iter().map(|key| (&key.user_id, &key.org_name, &key.note)).collect();
            assert_eq!(read, written, "{format:?}");
        }
    }
}

/// What was cut, damaged or put together by chance is read or refused, and nothing else.
#[test]
fn a_damaged_file_is_read_or_refused() {
    let seed = Rng::new().u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    let keys: Vec<_> = (1..20).map(|number| random_key(&mut random, number)).collect();
    for format in [ExportFormat::Csv { mark: true }, ExportFormat::Ndjson, ExportFormat::Xlsx] {
        let mut writer = Writer::begin(format, Vec::new()).unwrap();
        for key in &keys {
            writer.write(key).unwrap();
        }
        let whole = writer.end().unwrap();
        for _ in 0..2_000 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..4) {
                let place = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[place] = random.u8(..),
                    1 => bytes.truncate(place.max(1)),
                    2 => _ = bytes.drain(place..random.usize(place..bytes.len())),
                    _ => bytes.extend_from_within(place..),
                }
            }
            let _ = read_bytes(&bytes);
        }
    }
}

/// Whoever reads a file with another separator than it has finds no formula in it either.
#[test]
fn no_cell_of_an_export_begins_a_formula_under_any_separator() {
    let seed = Rng::new().u64(..);
    println!("seed {seed}");
    let mut random = Rng::with_seed(seed);
    for _ in 0..2_000 {
        let mut writer = Writer::begin(ExportFormat::Csv { mark: false }, Vec::new()).unwrap();
        writer.write(&random_key(&mut random, 1)).unwrap();
        let text = String::from_utf8(writer.end().unwrap()).unwrap();
        for separator in [',', ';', '\t'] {
            for cell in text.split([separator, '\r', '\n']) {
                let cell = cell.trim_start_matches(['"', ' ', '\0', '\u{a0}']);
                assert!(!cell.starts_with(['=', '+', '-', '@', '＝']), "{separator:?} {text:?}");
            }
        }
    }
}

/// A field of a physical key that the API has and the export has not would be lost in a spreadsheet.
#[test]
fn there_is_a_column_for_every_member_of_a_physical_key() {
    let document: serde_json::Value = serde_json::from_str(&api_reference::json()).unwrap();
    let members = |schema: &str| {
        let properties = document["components"]["schemas"][schema]["properties"].as_object().unwrap();
        properties.keys().cloned().collect::<BTreeSet<_>>()
    };
    let exported = BTreeSet::from(COLUMNS.map(str::to_owned));
    assert_eq!(exported, &members("PhysicalKey") | &members("IssuedPhysicalKey"));
    // What a row gives, the organisation, which is the same in every row, and nothing else is what the command takes.
    let given = BTreeSet::from(["orgName", "note", "orgId"].map(str::to_owned));
    assert_eq!(given, members("AddPhysicalKey"));
}
