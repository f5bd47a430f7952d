//! What the program says of the API to programs: the OpenAPI document, and `/llms.txt`.

use api::http::routes::Route;
use serde_json::Value;

use crate::program::{Server, folder, run};

/// Head and body of what is at a path.
fn get(server: &Server, path: &str) -> (String, String) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.authority());
    let answer = Server::until_closed(server.open(&request));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

/// The links of a section.
fn links<'a>(page: &'a str, section: &str) -> Vec<(&'a str, &'a str)> {
    let (_, after) = page.split_once(&format!("\n## {section}\n")).unwrap();
    let lines = after.split("\n## ").next().unwrap().lines().filter(|line| !line.is_empty());
    let link = |line: &'a str| line.strip_prefix("- [")?.split_once("): ")?.0.split_once("](");
    lines
        .map(|line| link(line).unwrap_or_else(|| panic!("{line:?} is no link with what it is about")))
        .collect()
}

#[test]
fn llms_txt_names_every_operation_and_every_command_and_its_links_lead_somewhere() {
    let folder = folder();
    let server = Server::start(&["serve", "--memory", "--port", "0"], folder.path());
    let (head, page) = get(&server, "/llms.txt");
    assert!(
        head.starts_with("http/1.1 200 ") && head.contains("content-type: text/plain; charset=utf-8"),
        "{head}"
    );
    assert!(page.starts_with("# Physical key inventory\n\n> Which physical key "), "{page}");

    let names = |section: &str| links(&page, section).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("Operations"), Route::ALL.map(Route::name));
    assert!(Route::ALL.iter().all(|route| page.contains(&format!("`{} {}`", route.method(), route.path()))));
    let help = run(&["--help"], folder.path(), &[]).stdout;
    let commands = help.split_once("Commands:\n").unwrap().1.split("\n\n").next().unwrap();
    let commands = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<_> = commands
        .filter(|name| !name.is_empty() && *name != "help")
        .map(|name| format!("physical-keys {name}"))
        .collect();
    assert_eq!(names("Commands"), commands);

    for section in ["API", "Operations", "Documentation", "Commands"] {
        for (name, address) in links(&page, section) {
            let (head, body) = get(&server, address);
            assert!(
                head.starts_with("http/1.1 200 ") && body.len() > 500,
                "{name} leads to {address}: {head}"
            );
        }
    }
    let (head, _) = get(&server, "/docs/0064.md");
    assert!(head.starts_with("http/1.1 404 "), "{head}");
}

#[test]
fn the_document_is_printed_in_3_1_unless_3_0_is_asked_for() {
    let folder = folder();
    for (arguments, expected) in [
        (&["openapi"][..], "3.1."),
        (&["openapi", "--version", "3.1"], "3.1."),
        (&["openapi", "--version", "3.0"], "3.0."),
    ] {
        let printed = run(arguments, folder.path(), &[]);
        let document: Value = serde_json::from_str(&printed.stdout).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with(expected), "{arguments:?}");
    }
    assert_eq!(run(&["openapi", "--version", "2.0"], folder.path(), &[]).code, Some(2));
}
