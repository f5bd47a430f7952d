//! What can be wrong with a body: every fault, its words and its place, and where the limits are.

use acceptance::refused::Refused;
use acceptance::{RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use lambda_http::http::Method;
use serde_json::{Value, json};

use crate::scene::{Scene, nothing_to_remove};

const ADD: &str = "AddPhysicalKey";
const REMOVE: &str = "RemovePhysicalKey";
const SIXTEEN_KIB: usize = 16 * 1_024;

/// Alice's command with any bytes for a body.
fn command(scene: &Scene, name: &str, body: impl AsRef<[u8]>) -> RequestBuilder {
    let request = RequestBuilder::new(Method::POST, format!("/users/alice/{name}"));
    scene.signed(request.header("content-type", "application/json").body(body))
}

/// Checks that a command is refused for these faults, each a JSON pointer and words, and for no others.
#[track_caller]
fn check(scene: &Scene, name: &str, body: impl AsRef<[u8]>, faults: &[(&str, &str)]) -> impl Future {
    let faults: Vec<_> = faults.iter().map(|(pointer, message)| (Some(*pointer), *message)).collect();
    scene.stage.refuses(command(scene, name, body), Refused::invalid(&faults))
}

/// Checks that a command is not refused for its body: there is no physical key with this number.
#[track_caller]
fn check_not_found(scene: &Scene, number: &str) -> impl Future {
    let request = command(scene, REMOVE, format!("{{\"number\":{number}}}"));
    scene.stage.refuses(request, nothing_to_remove())
}

#[tokio::test]
async fn all_faults_of_a_body_are_named_at_once_each_with_its_place() {
    let scene = Scene::new().await;
    let body = r#"{"orgId":"","orgName":null,"note":7,"note":"x","a/b~c":[],"_callerOrgId":"acme","":0}"#;
    let faults = [
        ("/note", "`note` appears more than once."),
        ("/orgId", "`orgId` must not be empty."),
        ("/orgName", "`orgName` must be a string, not null; leave it out if there is none."),
        ("/note", "`note` must be a string, not a number."),
        ("/a~1b~0c", "`a/b~c` is not a field of this command."),
        ("/_callerOrgId", "`_callerOrgId` is set by the server from the API key; leave it out."),
        ("/", "`` is not a field of this command."),
    ];
    check(&scene, ADD, body, &faults).await;
    let body = r#"{"number":-1,"number":1,"orgId":"acme","_callerOrgId":null}"#;
    let faults = [
        ("/number", "`number` appears more than once."),
        ("/number", "`number` must be greater than 0."),
        ("/orgId", "`orgId` is not a field of this command."),
        ("/_callerOrgId", "`_callerOrgId` is set by the server from the API key; leave it out."),
    ];
    check(&scene, REMOVE, body, &faults).await;
}

#[tokio::test]
async fn a_required_field_must_be_there() {
    let scene = Scene::new().await;
    check(&scene, ADD, "{}", &[("/orgId", "`orgId` is required.")]).await;
    check(&scene, ADD, r#"{"note":"x"}"#, &[("/orgId", "`orgId` is required.")]).await;
    check(&scene, REMOVE, "{}", &[("/number", "`number` is required.")]).await;
}

#[tokio::test]
async fn an_organisation_id_cannot_be_empty_too_long_or_invisible() {
    let scene = Scene::new().await;
    let too_long = "🗝".repeat(129);
    for (org_id, fault) in [
        ("", "`orgId` must not be empty."),
        (&too_long, "`orgId` must be at most 128 characters long."),
        ("ac\u{0}me", "`orgId` must not contain control characters."),
        ("acme\n", "`orgId` must not contain control characters."),
        ("ac\u{85}me", "`orgId` must not contain control characters."),
        (" acme", "`orgId` must not begin or end with white space."),
        ("acme ", "`orgId` must not begin or end with white space."),
        ("acme\u{2003}", "`orgId` must not begin or end with white space."),
    ] {
        check(&scene, ADD, json!({"orgId": org_id}).to_string(), &[("/orgId", fault)]).await;
    }
}

#[tokio::test]
async fn an_optional_text_cannot_be_too_long() {
    let scene = Scene::new().await;
    let body = json!({"orgId": "acme", "orgName": "🏢".repeat(201), "note": "ß".repeat(501)});
    let faults = [
        ("/orgName", "`orgName` must be at most 200 characters long."),
        ("/note", "`note` must be at most 500 characters long."),
    ];
    check(&scene, ADD, body.to_string(), &faults).await;
}

#[tokio::test]
async fn texts_at_their_limits_in_characters_of_four_bytes_are_accepted() {
    let setting = Setting { required: RequiredCredentials::Either, ..Setting::default() };
    let stage = Stage::set(setting).await;
    let body = json!({"orgId": "🗝".repeat(128), "orgName": "🏢".repeat(200), "note": "🚪".repeat(500)});
    let (api_key, _) = stage.api_key(&"🗝".repeat(128)).await;
    let reply = RequestBuilder::add("alice", &body).api_key(&api_key).send(&stage).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());
    for name in ["orgId", "orgName", "note"] {
        assert_eq!(reply.json()[name], body[name]);
    }
}

#[tokio::test]
async fn a_text_is_not_made_from_another_type() {
    let scene = Scene::new().await;
    for (value, what) in [
        ("null", "null; leave it out if there is none"),
        ("7", "a number"),
        ("-7.5e3", "a number"),
        ("true", "a boolean"),
        ("false", "a boolean"),
        (r#"["acme"]"#, "an array"),
        (r#"{"id":"acme"}"#, "an object"),
    ] {
        let body = format!(r#"{{"orgId":{value},"orgName":{value},"note":{value}}}"#);
        let words = |name| format!("`{name}` must be a string, not {what}.");
        let faults =
            [("/orgId", &*words("orgId")), ("/orgName", &*words("orgName")), ("/note", &*words("note"))];
        check(&scene, ADD, body, &faults).await;
    }
    let words = "`note` must be Unicode text without lone surrogates.";
    check(&scene, ADD, r#"{"orgId":"acme","note":"\ud83d"}"#, &[("/note", words)]).await;
}

#[tokio::test]
async fn a_field_that_the_command_does_not_have_is_refused() {
    let scene = Scene::new().await;
    let body = r#"{"orgId":"acme","orgid":"acme"}"#;
    check(&scene, ADD, body, &[("/orgid", "`orgid` is not a field of this command.")]).await;
    let body = r#"{"orgId":"acme","number":1}"#;
    check(&scene, ADD, body, &[("/number", "`number` is not a field of this command.")]).await;
    let body = r#"{"number":1,"note":"x"}"#;
    check(&scene, REMOVE, body, &[("/note", "`note` is not a field of this command.")]).await;
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_refused_even_with_the_same_value() {
    let scene = Scene::new().await;
    let faults = [("/orgId", "`orgId` appears more than once.")];
    check(&scene, ADD, r#"{"orgId":"acme","orgId":"acme"}"#, &faults).await;
    check(&scene, ADD, r#"{"orgId":"acme","\u006frgId":"umbrella"}"#, &faults).await;
    let faults = [("/number", "`number` appears more than once.")];
    check(&scene, REMOVE, r#"{"number":1,"number":1}"#, &faults).await;
}

#[tokio::test]
async fn the_callers_organisation_is_never_taken_from_a_body() {
    let scene = Scene::new().await;
    let words = "`_callerOrgId` is set by the server from the API key; leave it out.";
    for value in ["\"acme\"", "\"umbrella\"", "null", "{}"] {
        let body = format!(r#"{{"orgId":"acme","_callerOrgId":{value}}}"#);
        check(&scene, ADD, body, &[("/_callerOrgId", words)]).await;
        let body = format!(r#"{{"number":1,"\u005fcallerOrgId":{value}}}"#);
        check(&scene, REMOVE, body, &[("/_callerOrgId", words)]).await;
    }
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_as_a_whole() {
    let scene = Scene::new().await;
    let empty = "The body is empty; send a JSON object.";
    let no_object = "The body must be a JSON object.";
    for (body, fault) in [
        (&b""[..], empty),
        (b" \r\n\t", empty),
        (b"[]", no_object),
        (br#"[{"number":1}]"#, no_object),
        (b"null", no_object),
        (b"7", no_object),
        (br#""{}""#, no_object),
        (b"{", "The body is not JSON (line 1, column 1)."),
        (b"\n{'number':1}", "The body is not JSON (line 2, column 2)."),
        (br#"{"number":1,}"#, "The body is not JSON (line 1, column 13)."),
        (br#"{"number":1} {}"#, "The body is not JSON (line 1, column 14)."),
        (br#"{"number":01}"#, "The body is not JSON (line 1, column 12)."),
        (br#"{"number":NaN}"#, "The body is not JSON (line 1, column 11)."),
        (b"orgId=acme", "The body is not JSON (line 1, column 1)."),
        (b"\xef\xbb\xbf{}", "The body begins with a byte order mark; send UTF-8 without one."),
        (b"{\"note\":\"\xff\"}", "The body is not UTF-8."),
        (b"\xff\xfe{\0}\0", "The body begins with a byte order mark; send UTF-8 without one."),
    ] {
        check(&scene, ADD, body, &[("", fault)]).await;
        check(&scene, REMOVE, body, &[("", fault)]).await;
    }
}

#[tokio::test]
async fn a_number_that_no_physical_key_can_have_is_refused() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    for (number, fault) in [
        ("0", "must be greater than 0"),
        ("-0.0", "must be greater than 0"),
        ("-1", "must be greater than 0"),
        ("-1e400", "must be greater than 0"),
        ("1.5", "must be an integer"),
        ("1e-400", "must be an integer"),
        ("\"1\"", "must be an integer, not a string"),
        ("true", "must be an integer, not a boolean"),
        ("null", "must be an integer, not null"),
        ("[1]", "must be an integer, not an array"),
        ("{}", "must be an integer, not an object"),
    ] {
        let body = format!("{{\"number\":{number}}}");
        check(&scene, REMOVE, body, &[("/number", &format!("`number` {fault}."))]).await;
    }
}

#[tokio::test]
async fn a_number_beyond_all_counting_is_one_that_nobody_holds() {
    let scene = Scene::new().await;
    scene.carry_out(scene.add()).await;
    for number in ["2", "1e400", "99999999999999999999", "18446744073709551615", "1e99999999999999999999"] {
        check_not_found(&scene, number).await;
    }
}

#[tokio::test]
async fn an_integer_is_taken_in_every_spelling() {
    let scene = Scene::new().await;
    for _ in 1..=42 {
        scene.carry_out(scene.add()).await;
    }
    for (spelling, number) in [("42.0", 42), ("1.0", 1), ("2e0", 2), ("0.3E+1", 3), ("40e-1", 4)] {
        let body = format!("{{\"number\":{spelling}}}");
        let reply = scene.carry_out(command(&scene, REMOVE, body)).await;
        assert_eq!(reply.json()["number"], json!(number), "{spelling}");
        check_not_found(&scene, spelling).await;
    }
}

/// A body of this size: an object, and white space behind it.
fn padded(object: &Value, size: usize) -> String {
    format!("{:size$}", object.to_string())
}

#[tokio::test]
async fn a_body_of_16_kib_is_read() {
    let scene = Scene::new().await;
    scene.carry_out(command(&scene, ADD, padded(&json!({"orgId": "acme"}), SIXTEEN_KIB))).await;
    let fault = [("/orgId", "`orgId` is required.")];
    check(&scene, ADD, padded(&json!({}), SIXTEEN_KIB), &fault).await;
    scene.carry_out(command(&scene, REMOVE, padded(&json!({"number": 1}), SIXTEEN_KIB))).await;
}

#[tokio::test]
async fn a_body_of_one_byte_more_than_16_kib_is_not_read() {
    let scene = Scene::new().await;
    let refused = Refused::new(413, "body_too_large", "The body is larger than 16 KiB.");
    let good = padded(&json!({"orgId": "acme"}), SIXTEEN_KIB + 1);
    let not_utf_8 = vec![0xff; SIXTEEN_KIB + 1];
    for body in [good.as_bytes(), &not_utf_8] {
        scene.stage.refuses(command(&scene, ADD, body), refused.clone()).await;
        scene.stage.refuses(command(&scene, REMOVE, body), refused.clone()).await;
    }
}

/// Every answer is held against the document's bounds. These are the answers that come nearest to them.
#[tokio::test]
async fn the_longest_refusals_are_within_the_bounds_of_the_document() {
    let scene = Scene::new().await;
    let members: Vec<_> = (0..1_000).map(|number| format!("\"{number}\":1")).collect();
    let request = RequestBuilder::new(Method::POST, "/users/%20/AddPhysicalKey?_callerOrgId=acme");
    let request = scene.signed(request.json(&format!("{{{}}}", members.join(","))));
    let request =
        request.header("idempotency-key", "a,b").header("if-match", "*").header("if-none-match", "*");
    let reply = request.header("if-unmodified-since", "today").send(&scene.stage).await;
    assert_eq!(reply.json()["errors"].as_array().map(Vec::len), Some(107));

    // In a pointer, `~` takes two characters.
    let name = "~".repeat(SIXTEEN_KIB - "{\"\":0,\"orgId\":\"acme\"}".len());
    let reply = command(&scene, ADD, format!("{{\"{name}\":0,\"orgId\":\"acme\"}}")).send(&scene.stage).await;
    assert_eq!(reply.json()["errors"][0]["pointer"].as_str().map(str::len), Some(1 + 2 * name.len()));

    let name = "q".repeat(65_000);
    let query = scene.signed(RequestBuilder::get(format!("/users/alice/PhysicalKeys?{name}=")));
    let reply = query.send(&scene.stage).await;
    assert!(reply.json()["message"].as_str().is_some_and(|message| message.len() > name.len()));
}
