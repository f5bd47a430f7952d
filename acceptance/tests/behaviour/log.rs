//! The line in the log about each request: enough for an investigator, and nothing that must not be there.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;
use std::time::Duration;

use acceptance::{RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use api::http::exchange::Init;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::values::EpochMillis;
use lambda_http::Request;
use local_inventory::gateway::invoke;
use process::clock::Clock;
use process::telemetry::{self, Metrics};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

thread_local! {
    /// What this thread has logged. Each test runs on a thread of its own.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes to the log of the thread that writes.
struct OwnLog;

impl Write for OwnLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Everything that this test has logged.
pub(crate) fn text() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).expect("UTF-8"))
}

/// The one line about the last request.
pub(crate) fn last() -> Value {
    serde_json::from_str(text().lines().last().expect("a line")).expect("JSON")
}

/// A stage whose requests are logged at the finest level.
pub(crate) async fn logged() -> Stage {
    keep();
    Stage::set(Setting { required: RequiredCredentials::Either, ..Setting::default() }).await
}

/// Keeps what is logged from now on, at the finest level.
pub(crate) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let metrics = Metrics::read(|name| {
            Some(match name {
                "METRICS_NAMESPACE" => "Keys".to_owned(),
                "AWS_LAMBDA_FUNCTION_NAME" => "add".to_owned(),
                _ => "7".to_owned(),
            })
        });
        let metrics = metrics.expect("whose they are");
        let clock = Clock::from_fn(|| EpochMillis::new(1_795_435_200_007));
        let lines = telemetry::lines(LevelFilter::TRACE, metrics, clock, || OwnLog);
        tracing::subscriber::set_global_default(lines).expect("nobody else in this process logs");
    });
}

fn of(line: &Value, names: &[&str]) -> Value {
    names
        .iter()
        .map(|name| ((*name).to_owned(), line[*name].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

const WHO: [&str; 7] = ["route", "status", "code", "actor_type", "actor_id", "organisation", "api_key_id"];

#[tokio::test]
async fn who_did_what_is_logged_of_reads_as_of_commands() {
    let stage = logged().await;
    let (api_key, id) = stage.api_key("acme").await;
    let add = RequestBuilder::add("alice", &json!({"orgId": "acme"}));
    let list = RequestBuilder::get("/users/alice/PhysicalKeys");
    for (request, route, code) in [
        (add, "POST /users/{id}/AddPhysicalKey", "committed"),
        (list, "GET /users/{id}/PhysicalKeys", "queried"),
    ] {
        request.bearer(&stage.user_token("alice")).api_key(&api_key).send(&stage).await;
        let expected = json!({
            "route": route, "status": 200, "code": code, "actor_type": "user", "actor_id": "alice",
            "organisation": "acme", "api_key_id": id,
        });
        let line = last();
        assert_eq!(of(&line, &WHO), expected, "{line}");
        assert_eq!(
            of(&line, &["user_id", "source_address"]),
            json!({"user_id": "alice", "source_address": "127.0.0.1"})
        );
    }
    let all = RequestBuilder::get("/orgs/acme/PhysicalKeys").bearer(&stage.manager_token("manager", "acme"));
    all.send(&stage).await;
    assert_eq!(of(&last(), &["actor_id", "api_key_id"]), json!({"actor_id": "manager", "api_key_id": null}));
}

#[tokio::test]
async fn a_refusal_is_logged_with_its_reasons_by_name_and_the_api_key_that_was_shown() {
    let stage = logged().await;
    let (api_key, id) = stage.api_key("acme").await;
    let list = || RequestBuilder::get("/users/alice/PhysicalKeys");
    for (request, reasons) in [
        (list().bearer("a.b.c").api_key(&api_key), "token_malformed"),
        (list().bearer(&stage.user_token("alice")).api_key("pki_x"), "api_key_malformed"),
        (list().header("authorization", "Basic x").api_key("pki_x"), "not_a_bearer_token,api_key_malformed"),
        (list(), "both_missing"),
    ] {
        request.send(&stage).await;
        let line = last();
        assert_eq!(of(&line, &["status", "code", "reasons"])["reasons"], reasons, "{line}");
    }
    list().bearer("a.b.c").api_key(&api_key).send(&stage).await;
    assert_eq!(
        last()["api_key_id"],
        json!(id),
        "a thief's request names the API key, whatever else is wrong"
    );
    stage.revoke("acme", &id).await;
    list().api_key(&api_key).send(&stage).await;
    assert_eq!(
        of(&last(), &["reasons", "api_key_id"]),
        json!({"reasons": "api_key_revoked", "api_key_id": id})
    );
}

#[tokio::test]
async fn every_answer_is_measured_by_function_and_code() {
    let stage = logged().await;
    let (api_key, _) = stage.api_key("acme").await;
    let add = |body: Value| RequestBuilder::add("alice", &body).api_key(&api_key);
    let of_answers = json!({"Namespace": "Keys", "Dimensions": [["FunctionName", "code"]], "Metrics": [{"Name": "answers"}]});
    let of_function = json!({
        "Namespace": "Keys", "Dimensions": [["FunctionName"]], "Metrics": [{"Name": "attempts"}, {"Name": "store_ms"}],
    });
    for (request, code, attempts) in [
        (add(json!({"orgId": "acme"})), "committed", Some(1)),
        (add(json!({"orgId": "other"})), "another_organisation", Some(1)),
        (add(json!({"orgId": 7})), "invalid_request", None),
    ] {
        request.send(&stage).await;
        let line = last();
        let directives: Vec<_> =
            [&of_answers].into_iter().chain(attempts.is_some().then_some(&of_function)).collect();
        let expected = json!({"Timestamp": 1_795_435_200_007_u64, "CloudWatchMetrics": directives});
        assert_eq!(line["_aws"], expected, "{line}");
        let said = of(&line, &["FunctionName", "ExecutedVersion", "code", "answers", "attempts", "faults"]);
        let expected = json!({
            "FunctionName": "add", "ExecutedVersion": null, "code": code, "answers": 1, "attempts": attempts, "faults": null,
        });
        assert_eq!(said, expected, "{line}");
        let store_ms = line["store_ms"].as_f64();
        assert_eq!(store_ms.is_some_and(|millis| millis > 0.0), attempts.is_some(), "{line}");
    }
}

#[tokio::test]
async fn a_fault_of_ours_is_measured_by_the_version_that_had_it() {
    let stage = logged().await;
    let (token, (api_key, _)) = (stage.user_token("alice"), stage.api_key("acme").await);
    let list = RequestBuilder::get("/users/alice/PhysicalKeys").bearer(&token).api_key(&api_key);
    let item =
        [("pk", "USER#alice"), ("sk", "USER")].map(|(name, text)| (name, AttributeValue::S(text.into())));
    let put = stage.client.put_item().table_name(stage.backend.table.name());
    let put = item.into_iter().fold(put, |put, (name, value)| put.item(name, value));
    put.send().await.expect("a user item without anything in it");
    assert_eq!(list.send(&stage).await.status(), 500);
    let line = last();
    let expected = json!({
        "Namespace": "Keys", "Dimensions": [["FunctionName", "ExecutedVersion"]], "Metrics": [{"Name": "faults"}],
    });
    assert_eq!(line["_aws"]["CloudWatchMetrics"][2], expected, "{line}");
    let said = of(&line, &["FunctionName", "ExecutedVersion", "faults"]);
    assert_eq!(said, json!({"FunctionName": "add", "ExecutedVersion": "7", "faults": 1}), "{line}");
}

#[tokio::test]
async fn the_first_request_of_a_process_says_how_long_it_took_to_begin() {
    let stage = logged().await;
    let mut request = Request::default();
    request.extensions_mut().insert(Init(Duration::from_micros(2_904)));
    let _ = invoke(None, &stage.backend, &stage.cursors, request).await;
    let line = last();
    assert_eq!(line["init_ms"], 2.9, "{line}");
    let metrics = &line["_aws"]["CloudWatchMetrics"][1]["Metrics"];
    assert_eq!(metrics, &json!([{"Name": "init_ms"}]), "{line}");
}

#[tokio::test]
async fn no_token_secret_note_or_body_is_ever_logged() {
    let stage = logged().await;
    let (api_key, _) = stage.api_key("acme").await;
    let (token, secret) = (stage.user_token("alice"), api_key.rsplit('_').next().expect("a secret"));
    let body =
        json!({"orgId": "acme", "orgName": "a name that is nobody's business", "note": "under the mat"});
    for request in [
        RequestBuilder::add("alice", &body),
        RequestBuilder::add("alice", &json!({"orgId": 7, "note": "under the mat"})),
        RequestBuilder::add("alice", &body).idempotency_key("only-the-client-knows"),
        RequestBuilder::get("/users/alice/PhysicalKeys?q=under%20the%20mat"),
        RequestBuilder::remove("alice", &json!({"number": 99})),
    ] {
        request.clone().bearer(&token).api_key(&api_key).send(&stage).await;
        request.bearer(&format!("{token}x")).api_key(&api_key).send(&stage).await;
    }
    let text = text();
    assert_eq!(text.lines().count(), 10, "{text}");
    let payload = token.split('.').nth(1).expect("a payload");
    for private in [payload, secret, "under the mat", "nobody's business", "only-the-client-knows"] {
        assert!(!text.contains(private), "{private}: {text}");
    }
}
