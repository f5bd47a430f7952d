//! The sample invocations in `events/`: what `sam local invoke` is given, every function can answer.

use std::path::{Path, PathBuf};

use acceptance::{RequestBuilder, Stage};
use lambda_http::{Body, Response};
use serde_json::{Value, json};

/// What each sample is answered. A sample without a line here fails the test, and so does a line without a sample.
const EXPECTED: [(&str, u16); 20] = [
    ("add-physical-key", 200),
    ("add-physical-key-base64", 200),
    ("add-physical-key-encoded-id", 200),
    ("add-physical-key-encoded-id-rest", 200),
    ("add-physical-key-foreign-org", 403),
    ("add-physical-key-idempotent", 200),
    ("add-physical-key-if-match", 412),
    ("add-physical-key-invalid-body", 400),
    ("add-physical-key-malformed-json", 400),
    ("add-physical-key-minimal", 200),
    ("add-physical-key-no-credentials", 401),
    ("add-physical-key-rest", 200),
    ("add-physical-key-wrong-content-type", 415),
    ("no-such-route", 404),
    ("no-such-route-method", 405),
    ("remove-physical-key", 200),
    ("remove-physical-key-caller-org-id", 400),
    ("remove-physical-key-caller-org-id-query", 400),
    ("remove-physical-key-rest", 200),
    ("remove-physical-key-unknown-number", 404),
];

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events");
    let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
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
    let held = RequestBuilder::add(in_path, &json!({"orgId": "demo-org"}));
    let held = held.bearer(&token).api_key(&api_key).send(&stage).await;
    assert_eq!(held.status(), 200, "{}", held.json());

    let event = sample.replace("${TOKEN}", &token).replace("${API_KEY}", &api_key);
    let request = lambda_http::request::from_str(&event).unwrap_or_else(|error| panic!("{name}: {error}"));
    if name.starts_with("add-physical-key") {
        add_physical_key::handle(&stage.backend, request).await
    } else if name.starts_with("remove-physical-key") {
        remove_physical_key::handle(&stage.backend, request).await
    } else if name.starts_with("no-such-route") {
        no_such_route::handle(&stage.backend.clock, &request)
    } else {
        panic!("{name} begins with no function's name");
    }
}

#[tokio::test]
async fn every_sample_invocation_is_answered_as_its_name_says() {
    let mut answered = Vec::new();
    for path in samples() {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let sample = std::fs::read_to_string(&path).expect("a text");
        let response = invoke(&name, &sample).await;
        let body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
        assert_eq!(body["success"], response.status().is_success(), "{name}: {body}");
        answered.push((name, response.status().as_u16()));
    }
    answered.sort();
    assert_eq!(answered, EXPECTED.map(|(name, status)| (name.to_owned(), status)));
}
