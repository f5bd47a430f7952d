//! The sample invocations in `events/`: what `sam local invoke` is given, every function can answer.

use std::path::Path;

use acceptance::event_bus::EventBus;
use acceptance::trail::{SEED, TestArchive, first_hour, signing_keys};
use acceptance::{PATIENCE, RequestBuilder, Stage};
use api::http::routes::Route;
use export_audit::export::Settings;
use export_audit::{Export, Scheduled};
use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use serde_json::{Value, json};

/// What each request is answered. A sample without a line here or below fails a test, and so does a line without a
/// sample.
const EXPECTED: [(&str, u16); 43] = [
    ("add-physical-key", 200),
    ("add-physical-key-base64", 200),
    ("add-physical-key-encoded-id", 200),
    ("add-physical-key-encoded-id-payload-1", 200),
    ("add-physical-key-encoded-id-rest", 200),
    ("add-physical-key-false-base64", 400),
    ("add-physical-key-foreign-org", 403),
    ("add-physical-key-idempotent", 200),
    ("add-physical-key-invalid-body", 400),
    ("add-physical-key-malformed-json", 400),
    ("add-physical-key-minimal", 200),
    ("add-physical-key-no-credentials", 401),
    ("add-physical-key-preflight", 204),
    ("add-physical-key-rest", 200),
    ("add-physical-key-two-tokens-rest", 401),
    ("add-physical-key-wrong-content-type", 415),
    ("get-physical-key", 200),
    ("get-physical-key-invalid-number", 400),
    ("get-physical-key-rest", 200),
    ("get-physical-key-unknown-number", 404),
    ("list-org-physical-keys", 200),
    ("list-org-physical-keys-rest", 200),
    ("list-org-physical-keys-user-token", 403),
    ("list-physical-key-events", 200),
    ("list-physical-key-events-rest", 200),
    ("list-physical-keys", 200),
    ("list-physical-keys-filtered", 200),
    ("list-physical-keys-forwarded-proto-twice", 200),
    ("list-physical-keys-head", 200),
    ("list-physical-keys-invalid-query", 400),
    ("list-physical-keys-no-credentials", 401),
    ("list-physical-keys-query-quote", 200),
    ("list-physical-keys-rest", 200),
    ("no-such-route", 404),
    ("no-such-route-base-path", 405),
    ("no-such-route-health", 200),
    ("no-such-route-method", 405),
    ("no-such-route-preflight", 204),
    ("remove-physical-key", 200),
    ("remove-physical-key-caller-org-id", 400),
    ("remove-physical-key-caller-org-id-query", 400),
    ("remove-physical-key-rest", 200),
    ("remove-physical-key-unknown-number", 404),
];

/// How many events each stretch of the table's stream puts on the bus, and how many records it has set aside.
const PUBLISHED: [(&str, usize, usize); 3] =
    [("publish-events", 3, 0), ("publish-events-heartbeat", 0, 0), ("publish-events-poison", 2, 1)];

/// Functions that no request comes to.
const WITHOUT_REQUESTS: [&str; 2] = ["export-audit", "publish-events"];

/// The samples of a function that no request comes to, or all requests: names and texts.
fn samples(function: Option<&str>) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let names = files.map(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(&path).expect("a text"))
    });
    let mut samples: Vec<_> = names
        .filter(|(name, _)| WITHOUT_REQUESTS.into_iter().find(|of| name.starts_with(of)) == function)
        .collect();
    samples.sort();
    samples
}

/// Hands a sample to the function that its name begins with. The user holds number 1, a physical key of `demo-org`.
async fn invoke(name: &str, sample: &str) -> Response<Body> {
    let stage = Stage::new().await;
    let (user, in_path) = if name.contains("encoded-id") {
        ("münchen/1 50%", "m%C3%BCnchen%2F1%2050%25")
    } else {
        ("demo-user", "demo-user")
    };
    let token = stage.user_token(user);
    let (api_key, _) = stage.api_key("demo-org").await;
    let body = json!({"orgId": "demo-org", "orgName": "Demo Organisation", "note": "Front door"});
    let held = RequestBuilder::add(in_path, &body);
    let held = held.bearer(&token).api_key(&api_key).send(&stage).await;
    assert_eq!(held.status(), 200, "{}", held.json());

    let service_token = stage.service_token("demo-org");
    let event = sample.replace("${TOKEN}", &token).replace("${SERVICE_TOKEN}", &service_token);
    let event = event.replace("${API_KEY}", &api_key);
    let route = Route::ALL.into_iter().find(|route| name.starts_with(&function_of(*route)));
    assert!(route.is_some() || name.starts_with("no-such-route"), "{name} begins with no function's name");
    stage.invoke_text(route, &event, PATIENCE).await.0.response
}

/// The name of a route's function: `AddPhysicalKey` is `add-physical-key`.
fn function_of(route: Route) -> String {
    let mut name = String::new();
    for letter in route.name().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[tokio::test]
async fn every_sample_request_is_answered_as_its_name_says() {
    let mut answered = Vec::new();
    for (name, sample) in samples(None) {
        let response = invoke(&name, &sample).await;
        let is_without_body = response.status() == StatusCode::NO_CONTENT || name.ends_with("-head");
        assert_eq!(response.body().is_empty(), is_without_body, "{name}");
        if is_without_body {
            answered.push((name, response.status().as_u16()));
            continue;
        }
        let body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
        assert_eq!(body["success"] == json!(false), !response.status().is_success(), "{name}: {body}");
        answered.push((name, response.status().as_u16()));
    }
    assert_eq!(answered, EXPECTED.map(|(name, status)| (name.to_owned(), status)));
}

#[tokio::test]
async fn every_sample_of_the_stream_is_published_as_its_name_says() {
    let mut published = Vec::new();
    for (name, sample) in samples(Some("publish-events")) {
        let batch = serde_json::from_str(&sample).unwrap_or_else(|error| panic!("{name}: {error}"));
        let bus = EventBus::start().await;
        let answer = bus.publish(batch, PATIENCE).await;
        assert_eq!(answer, json!({"batchItemFailures": []}), "{name}");
        published.push((name, bus.accepted().len(), bus.letters().len()));
    }
    let expected = PUBLISHED.map(|(name, events, set_aside)| (name.to_owned(), events, set_aside));
    assert_eq!(published, expected);
}

/// What the export answers to each sample.
const EXPORTED: [(&str, &str); 2] = [
    (
        "export-audit",
        r#"{"hours":1,"events":2,"through":"2026-11-23T13:00:00Z","behindHours":0,"aheadHours":0,"leftBehind":0,"setAside":0}"#,
    ),
    ("export-audit-sweep", r#"{"lookedAt":0,"leftBehind":0,"greatestLatenessHours":0,"isThrough":true}"#),
];

#[test]
fn an_export_through_now_is_asked_for_by_an_event_and_by_no_schedule() {
    let read = |event: &str| serde_json::from_str::<Scheduled>(event).expect("an event").through_now;
    assert!(read(r#"{"throughNow":true}"#));
    assert!(!read("{}"));
}

#[tokio::test]
async fn the_schedules_event_exports_what_is_due() {
    let found = samples(Some("export-audit"));
    assert_eq!(found.len(), EXPORTED.len());
    for (name, sample) in found {
        let archive = TestArchive::new();
        let scheduled: Scheduled = serde_json::from_str(&sample).expect("JSON");
        let stage = Stage::for_trail().await;
        stage.add("alice", "front door").await;
        stage.close_hour();
        let export = Export {
            table: stage.backend.table.clone(),
            archive: archive.archive.clone(),
            disclosures: None,
            signing: signing_keys(SEED, None),
            clock: stage.backend.clock.clone(),
            chance: stage.backend.chance.clone(),
            settings: Settings { first_hour: Some(first_hour()), ..Settings::default() },
        };
        let outcome = export.handle(scheduled, stage.now().plus(PATIENCE)).await.expect("an export");
        let expected =
            EXPORTED.iter().find(|(of, _)| *of == name).unwrap_or_else(|| panic!("{name} has no answer"));
        assert_eq!(serde_json::to_string(&outcome).expect("JSON"), expected.1, "{name}");
    }
}
