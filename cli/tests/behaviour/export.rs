//! `export`, against a running server, and what `import` makes of it.

use std::io::Read;
use std::process::Stdio;

use crate::office::{Office, last_line};
use crate::program::program;

#[test]
fn an_export_is_exact_or_safe_to_open_in_a_spreadsheet() {
    let office = Office::open();
    office.write("keys.csv", "user,orgName,note\n=1+1,@Demo,\"-2, \"\"quoted\"\"\nsecond line;=3\"\n");
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    let exported = office.run(&["export", "--user", "=1+1", "--output", "export.csv"]);
    assert_eq!((exported.code, exported.stdout.as_str(), exported.stderr.as_str()), (Some(0), "", ""));
    let text = office.read("export.csv");
    let expected = "userId,number,orgId,orgName,note,addedAt\n\
                    '=1+1,1,demo-org,'@Demo,\"'-2, \"\"quoted\"\"\nsecond line;'=3\",20";
    assert!(text.starts_with(expected), "{text}");
    let exact = office.exported();
    let expected = r#"{"userId":"=1+1","number":1,"orgId":"demo-org","orgName":"@Demo","note":"-2, \"quoted\"\nsecond line;=3","addedAt":"#;
    assert!(exact[0].starts_with(expected), "{exact:?}");
    let marked = office.run(&["export", "--user", "=1+1", "--bom"]);
    assert_eq!(marked.stdout, format!("\u{feff}{text}"));
    let refused = office.run(&["export", "--user", "=1+1", "--bom", "--format", "xlsx"]);
    assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), "--bom is for CSV only.\n"));
    office.server.interrupt();
}

#[test]
fn an_export_is_imported_into_an_empty_inventory_and_adds_nothing_to_its_own() {
    let from = Office::open();
    let rows = r##"{"userId":"@p1","note":"=1+1"}
{"userId":"'@p1","note":"'=1+1","orgName":""}
{"userId":"münchen/1 50%","orgName":"Acme; -Ltd","note":" two\r\nlines\t+1 \u0000=2"}
{"userId":"münchen/1 50%","orgName":"Acme; -Ltd","note":" two\r\nlines\t+1 \u0000=2"}
{"userId":"p7","note":""}
{"userId":"#N/A"}
"##;
    from.write("keys.ndjson", rows);
    let imported = from.import(&["keys.ndjson"]);
    assert_eq!(
        last_line(&imported),
        "6 added, 0 out before, 0 taken back since, 0 refused",
        "{}",
        imported.stderr
    );
    let meant = |office: &Office| {
        let meant = |line: &String| {
            let mut key: serde_json::Value = serde_json::from_str(line).unwrap();
            key["addedAt"].take();
            key["number"].take();
            key.to_string()
        };
        let mut meant: Vec<_> = office.exported().iter().map(meant).collect();
        meant.sort_unstable();
        meant
    };
    for format in ["csv", "ndjson", "xlsx"] {
        let file = format!("export.{format}");
        let exported = from.run(&["export", "--org", "demo-org", "--format", format, "--output", &file]);
        assert_eq!(exported.code, Some(0), "{}", exported.stderr);
        let back = from.import(&[&file, "--only-new"]);
        assert_eq!(
            last_line(&back),
            "0 added, 6 out before, 0 taken back since, 0 refused",
            "{}",
            back.stderr
        );

        let into = Office::open();
        into.write(&file, std::fs::read(from.path().join(&file)).unwrap());
        let imported = into.import(&[&file]);
        assert_eq!(
            last_line(&imported),
            "6 added, 0 out before, 0 taken back since, 0 refused",
            "{}",
            imported.stderr
        );
        assert_eq!(meant(&into), meant(&from), "{format}");
        into.server.interrupt();
    }
    from.server.interrupt();
}

#[test]
fn whoever_reads_no_further_has_what_was_wanted() {
    let office = Office::open();
    let rows: Vec<_> = (0..400).map(|row| format!("user-{},{}", row % 50, "n".repeat(400))).collect();
    office.write("keys.csv", format!("user,note\n{}\n", rows.join("\n")));
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    for format in ["csv", "ndjson", "xlsx"] {
        let mut export = program(&["export", "--org", "demo-org", "--format", format], office.path());
        export.envs(office.environment.iter().cloned()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut export = export.spawn().unwrap();
        let mut first = [0];
        let mut stdout = export.stdout.take().unwrap();
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let ended = export.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()), "{format}");
    }
    office.server.interrupt();
}
