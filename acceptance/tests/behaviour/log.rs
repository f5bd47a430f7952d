//! The line in the log about each request: enough for an investigator, and nothing that must not be there.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

use acceptance::{RequestBuilder, Setting, Stage};
use api::auth::RequiredCredentials;
use process::telemetry;
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
fn last() -> Value {
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
        let lines = telemetry::lines(LevelFilter::TRACE, || OwnLog);
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
