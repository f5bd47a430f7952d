//! What a gateway answers by itself is over after a while, and no row is added twice or left out for it.

use crate::disturber::{Disturber, Fault};
use crate::office::{Office, last_line};
use crate::program::run;

#[test]
fn answers_of_the_gateway_itself_are_waited_out() {
    const ROWS: usize = 60;
    let office = Office::open();
    office.write_rows("keys.csv", ROWS);
    let disturber = Disturber::before(&office.server.address(), |request, _| match request % 8 {
        1 => Some(Fault::AfterTheCommand("500 Internal Server Error")),
        3 => Some(Fault::AfterTheCommand("504 Gateway Timeout")),
        5 => Some(Fault::BeforeTheCommand("429 Too Many Requests")),
        7 => Some(Fault::BeforeTheCommand("503 Service Unavailable")),
        _ => None,
    });
    let environment = office.through(&disturber.address);
    let imported = run(&["import", "keys.csv", "--org", "demo-org"], office.path(), &environment);
    assert_eq!(imported.code, Some(0), "{}", imported.stderr);
    assert_eq!(last_line(&imported), format!("{ROWS} added, 0 out before, 0 taken back since, 0 refused"));
    assert!(disturber.faults() >= ROWS / 2, "{}", disturber.faults());
    assert_eq!(office.exported().len(), ROWS);
    office.server.interrupt();
}

#[test]
fn an_import_in_the_middle_of_which_the_api_goes_away_is_run_again() {
    const ROWS: usize = 60;
    let office = Office::open();
    office.write_rows("keys.csv", ROWS);
    let disturber = Disturber::before(&office.server.address(), |request, _| {
        (request > 30).then_some(Fault::AfterTheCommand("403 Forbidden"))
    });
    let environment = office.through(&disturber.address);
    let cut = run(&["import", "keys.csv", "--org", "demo-org"], office.path(), &environment);
    assert_eq!(cut.code, Some(1));
    let again = "Run the same command again: it adds the rest, and nothing twice.\n";
    assert!(
        cut.stderr.contains("The API refuses the request: 403 Forbidden") && cut.stderr.ends_with(again),
        "{}",
        cut.stderr
    );
    let results = office.read("keys.results.csv");
    assert_eq!(results.lines().count() - 1, ROWS, "an outcome for each row: {results}");
    let finished = office.import(&["keys.csv"]);
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(office.exported().len(), ROWS);
    office.server.interrupt();
}

#[test]
fn a_list_that_lags_is_overruled_by_the_histories() {
    let office = Office::open();
    office.write("keys.csv", "user,note\nalice,Door\nalice,Door\nbob,Door\n");
    assert_eq!(office.import(&["keys.csv"]).code, Some(0));
    office.remove("bob", 1);
    let disturber = Disturber::before(&office.server.address(), |_, line| {
        line.starts_with("GET /orgs/").then_some(Fault::Instead(r#"{"keys":[]}"#))
    });
    let environment = office.through(&disturber.address);
    let second = run(&["import", "keys.csv", "--org", "demo-org"], office.path(), &environment);
    assert_eq!(
        last_line(&second),
        "0 added, 2 out before, 1 taken back since, 0 refused",
        "{}",
        second.stderr
    );
    assert_eq!(disturber.faults(), 1);
    office.server.interrupt();
}
