//! Stored items are a format: what was written once must be read for ever. `tests/stored` holds items as they were
//! written; the code has to write the same bytes today, and to go on from them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use acceptance::refused::Refused;
use acceptance::stored::{bytes, hexadecimal, size};
use acceptance::trail::{TestArchive, origin, verifier_key};
use acceptance::{NOON, PATIENCE, RequestBuilder, Stage};
use domain::api_key::{self, ApiKeyTerms, RANDOM_BYTES, StoredApiKey};
use domain::history::HistoryId;
use domain::organisation::{ApiKeyIssued, OrganisationCommand, Refusal};
use domain::values::{EpochMillis, ErasureReason, OrgId, OrgName, Sha256Hash, Subject, UserId, Version};
use serde_json::{Value, json};
use store::{Behind, Done, HistoryKey, OrganisationFault};

use crate::invariants::{self, Stored, attributes};
use crate::scene::nothing_to_remove;

/// Acme's API key, and the one that was revoked. They are text that callers keep: a format as well.
pub(crate) const API_KEY: &str =
    "pki_g8lj7bc7o54a18ga0s3ge1o70s3ge1o7_0s3ge1o70s3ge1o70s3ge1o70s3ge1o70s3ge1o70s3ge1o70s3nln7kmc";
const REVOKED_API_KEY: &str =
    "pki_g8lj7bc7o54a18ga1040g2081040g208_1040g2081040g2081040g2081040g2081040g2081040g208104dqv9o3s";

fn acme() -> OrgId {
    OrgId::parse("acme").expect("an organisation id")
}

/// An API key of Acme's whose random bytes are all the same.
fn issue(byte: u8, valid_until: Option<EpochMillis>) -> (String, ApiKeyIssued) {
    // The one that expires is bound to somebody as well: every member of what is recorded is pinned.
    let subjects = valid_until.map(|_| Subject::parse("alice").expect("an id")).into_iter().collect();
    let terms = ApiKeyTerms { valid_until, subjects, ..ApiKeyTerms::of(acme(), NOON) };
    api_key::issue(terms, &[byte; RANDOM_BYTES])
}

fn register(name: &str) -> OrganisationCommand {
    OrganisationCommand::Register { name: OrgName::parse(name).ok() }
}

/// The request of event 1, whose answer is pinned.
pub(crate) fn first_request(stage: &Stage) -> RequestBuilder {
    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Tür \"3\", 2. Stock 🗝"});
    let request = RequestBuilder::add("alice", &body).bearer(&stage.user_token("alice"));
    request.api_key(API_KEY).idempotency_key("golden")
}

/// The request of event 2.
fn second_request(stage: &Stage) -> RequestBuilder {
    let request =
        RequestBuilder::add("alice", &json!({"orgId": "acme"})).bearer(&stage.service_token("acme"));
    request.idempotency_key("golden")
}

/// Writes every kind of item there is, in every form.
async fn write(stage: &Stage) {
    let until = EpochMillis::new(NOON.get() + 1);
    for command in [
        register("Acme"),
        register("Acme Ltd"),
        OrganisationCommand::IssueApiKey(issue(7, None).1),
        OrganisationCommand::IssueApiKey(issue(8, Some(until)).1),
        OrganisationCommand::RevokeApiKey(issue(8, None).1.api_key_id),
    ] {
        assert_eq!(stage.command_organisation("acme", &command).await, Ok(Done::Now));
    }
    let closed = OrganisationCommand::Register { name: None };
    for command in [closed, OrganisationCommand::Close] {
        assert_eq!(stage.command_organisation("closed", &command).await, Ok(Done::Now));
    }

    let minimal = RequestBuilder::add("alice", &json!({"orgId": "acme"}));
    let requests = [
        first_request(stage),
        second_request(stage),
        minimal.bearer(&stage.manager_token("manager", "acme")),
        RequestBuilder::remove("alice", &json!({"number": 2})).api_key(API_KEY),
    ];
    for request in requests {
        let reply = request.send(stage).await;
        assert_eq!(reply.status(), 200, "{}", reply.json());
    }

    assert_eq!(stage.change_signing_key(8).await, Ok(Done::Now));
    stage.close_hour();
    stage.export(&TestArchive::new().archive).await.expect("an export");
    assert_eq!(
        stage.backend.table.replace_signing_key(&origin(), &verifier_key(9)).await,
        Ok(Some(Done::Now))
    );
    let behind = Behind {
        key: HistoryKey::from(&HistoryId::User(UserId::parse("alice").expect("a user id"))),
        version: Version::new(5),
    };
    stage.backend.table.leave_behind(&behind).await.expect("a write");
    erase(stage).await;
}

/// What is kept of somebody whose texts were erased.
async fn erase(stage: &Stage) {
    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "erased"});
    let add = RequestBuilder::add("erased", &body).bearer(&stage.service_token("acme"));
    assert_eq!(add.idempotency_key("golden").send(stage).await.status(), 200);
    let (user, reason) = (UserId::parse("erased"), ErasureReason::parse("Asked for in ticket 17"));
    let (user, reason) = (user.expect("a user id"), reason.expect("a reason"));
    let table = &stage.backend.table;
    let erased = table.record_erasures(&user, None, &reason, &stage.operator()).await;
    assert_eq!(erased.expect("an erasure").now.len(), 1);
    let key = HistoryKey::from(&HistoryId::User(user));
    let cleared = table.clear_erased(&key, Instant::now() + PATIENCE).await.expect("a write");
    assert_eq!(cleared.items, 3, "an event, a physical key, an answer");
}

/// The token that stands for any.
const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// An item as it would be with the pinned token, of a table with a pinned name.
fn pinned_as(mut item: Value) -> Value {
    // Another release of the compression library may give other bytes, and an engine draws the table's name.
    if let Some(root) = item.get_mut("root") {
        *root = json!({"S": Sha256Hash::ZERO});
    }
    if let Some(attempt) = item.get_mut("attempt") {
        assert_eq!(hexadecimal(attempt).len(), 32, "sixteen bytes");
        *attempt = bytes(TOKEN);
    }
    item
}

/// The text of every pinned item, by file name.
fn pinned_texts() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored");
    let files = std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path());
    let items = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: &Path| std::fs::read_to_string(path).expect("a text");
    items
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read(&path)))
        .collect()
}

fn pinned() -> Stored {
    let items = pinned_texts().into_values().map(|text| serde_json::from_str(&text).expect("an item"));
    let text = |item: &Value, name: &str| item[name]["S"].as_str().expect("a text").to_owned();
    items.map(|item: Value| ((text(&item, "pk"), text(&item, "sk")), item)).collect()
}

/// A stage whose table holds the pinned items and nothing else.
async fn pinned_stage() -> Stage {
    let stage = Stage::for_kept_formats().await;
    for item in pinned().values() {
        let put = stage.client.put_item().table_name(stage.backend.table.name());
        put.set_item(Some(attributes(item))).send().await.expect("a put");
    }
    stage
}

#[tokio::test]
async fn items_are_written_as_they_always_were() {
    let stage = Stage::for_kept_formats().await;
    write(&stage).await;
    let mut pinned = pinned_texts();
    // An engine that names its tables has no item for that.
    let stored = stage.stored().await.into_iter().filter(|((_, sk), _)| sk != "TABLE");
    for item in stored.map(|(_, item)| pinned_as(item)) {
        // Members in the order of their names, one a line: a difference is seen in one.
        let text = serde_json::to_string_pretty(&item).expect("JSON") + "\n";
        let name = pinned.iter().find(|(_, pinned)| **pinned == text).map(|(name, _)| name.clone());
        let name = name.unwrap_or_else(|| panic!("no file of tests/stored is this item:\n{text}"));
        pinned.remove(&name);
    }
    assert!(pinned.is_empty(), "not written any more: {:?}", pinned.keys());
}

/// The names of a schema's members, in the OpenAPI document.
fn documented(schemas: &Value, name: &str) -> BTreeSet<String> {
    schemas[name]["properties"].as_object().expect("an object's schema").keys().cloned().collect()
}

/// What no pinned item has could be spelled otherwise one day, and nobody would know.
#[test]
fn every_event_and_every_member_is_pinned() {
    let document: Value = serde_json::from_str(&api_reference::json()).expect("the OpenAPI document");
    let (schemas, pinned) = (&document["components"]["schemas"], pinned());
    let names = |object: &Value| object.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    let events = pinned.iter().filter(|((pk, sk), _)| pk.starts_with("USER#") && sk.starts_with("EVENT#"));
    let events: Vec<(Value, &Value)> = events
        .map(|(_, item)| (item["record"]["S"].as_str().expect("a record").parse().expect("JSON"), item))
        .collect();
    for name in names(&schemas["Event"]["discriminator"]["mapping"]) {
        let of_event = events.iter().filter(|(record, _)| record["type"] == name.as_str());
        let mut members: BTreeSet<_> = of_event
            .flat_map(|(record, item)| {
                let texts = item.get("disclosures").map(|disclosures| names(&disclosures["M"]));
                names(&record["data"]).into_iter().chain(texts.unwrap_or_default())
            })
            .collect();
        members.remove("texts");
        assert_eq!(members, documented(schemas, &name), "of {name}");
    }
    let physical_keys = pinned.iter().filter(|((_, sk), _)| sk.starts_with("KEY#"));
    let members: BTreeSet<_> = physical_keys.flat_map(|(_, item)| names(item)).collect();
    let unpinned: Vec<_> =
        documented(schemas, "PhysicalKey").into_iter().filter(|name| !members.contains(name)).collect();
    assert!(unpinned.is_empty(), "{unpinned:?} of a physical key");
}

/// An event of more than 1 KB would cost twice as much. docs/limits.md says how near it is.
#[test]
fn the_largest_pinned_event_takes_one_write_unit() {
    let pinned = pinned();
    let events = pinned.iter().filter(|((_, sk), _)| sk.starts_with("EVENT#"));
    assert_eq!(events.map(|(_, item)| size(item)).max(), Some(786));
}

#[test]
fn api_keys_are_spelled_as_they_always_were() {
    assert_eq!(issue(7, None).0, API_KEY);
    assert_eq!(issue(8, None).0, REVOKED_API_KEY);
}

#[test]
fn pinned_histories_verify() {
    assert_eq!(invariants::check(&pinned(), "alice").records.len(), 4);
    for (organisation, events) in [("g8lj7bc7o54a18ga", 5), ("ofnfmm6nogi41aek", 2)] {
        assert_eq!(invariants::check_organisation(&pinned(), organisation).version.get(), events);
    }
}

#[tokio::test]
async fn commands_go_on_from_pinned_items() {
    let stage = pinned_stage().await;
    let body = json!({"orgId": "acme"});
    let add = RequestBuilder::add("alice", &body).bearer(&stage.user_token("alice")).api_key(API_KEY);
    let reply = add.send(&stage).await.json();
    assert_eq!((&reply["number"], &reply["version"]), (&json!(4), &json!(5)), "{reply}");

    let remove = |number: u64| RequestBuilder::remove("alice", &json!({"number": number})).api_key(API_KEY);
    let reply = remove(1).send(&stage).await.json();
    assert_eq!((&reply["number"], &reply["version"]), (&json!(1), &json!(6)), "{reply}");
    stage.refuses(remove(2), nothing_to_remove()).await;
    assert_eq!(remove(3).send(&stage).await.status(), 200);
    let rename = stage.command_organisation("acme", &register("Acme AG")).await;
    assert_eq!(rename, Ok(Done::Now));
    let stored = stage.stored().await;
    invariants::check(&stored, "alice");
    assert_eq!(invariants::check_organisation(&stored, "g8lj7bc7o54a18ga").version.get(), 6);
}

#[tokio::test]
async fn pinned_answers_are_repeated() {
    let stage = pinned_stage().await;
    let before = stage.stored().await;
    for (version, request) in [("1", first_request(&stage)), ("2", second_request(&stage))] {
        let reply = request.send(&stage).await;
        let mut kept = before.iter().filter(|((_, sk), _)| sk.starts_with("REQUEST#"));
        let kept = kept.find(|(_, item)| item["version"]["N"] == version).map(|(_, item)| item);
        let kept = kept.expect("the pinned answer")["body"]["S"].as_str().expect("a text");
        assert_eq!(reply.bytes(), kept.as_bytes());
        assert_eq!(reply.header("idempotent-replayed"), Some("true"));
        let event =
            before.iter().find(|((pk, sk), _)| pk == "USER#alice" && *sk == format!("EVENT#{version:0>20}"));
        let event = event.map(|(_, item)| hexadecimal(&item["hash"]));
        assert_eq!(reply.header("event-hash"), event.as_deref(), "of event {version}");
    }
    assert_eq!(stage.stored().await, before);
}

#[tokio::test]
async fn a_pinned_revocation_holds() {
    let stage = pinned_stage().await;
    let request = RequestBuilder::add("alice", &json!({"orgId": "acme"})).api_key(REVOKED_API_KEY);
    let message = "The API key has been revoked. Ask for a new one.";
    let revoked = Refused::new(401, "credentials_refused", message)
        .with_header("www-authenticate", "ApiKey realm=\"physical-keys\"");
    stage.refuses(request, revoked).await;
}

#[tokio::test]
async fn pinned_organisations_and_api_keys_are_listed() {
    let stage = pinned_stage().await;
    let mut expected = [issue(7, None), issue(8, Some(EpochMillis::new(NOON.get() + 1)))]
        .map(|(_, issued)| StoredApiKey::from(issued));
    expected[1].revoked_at = Some(NOON);
    assert_eq!(stage.backend.table.api_keys_of(&acme()).await.expect("API keys"), expected);
    assert_eq!(stage.command_organisation("acme", &register("Acme Ltd")).await, Ok(Done::Before));
    let closed = stage.command_organisation("closed", &register("Closed")).await;
    assert_eq!(closed, Err(OrganisationFault::Refused(Refusal::Closed)));
}

#[tokio::test]
async fn pinned_events_are_listed() {
    let stage = pinned_stage().await;
    let history = RequestBuilder::get("/users/alice/PhysicalKeyEvents");
    for request in [history.clone().bearer(&stage.user_token("alice")), history.api_key(API_KEY)] {
        let reply = request.send(&stage).await.json();
        assert_eq!(reply["events"].as_array().map(Vec::len), Some(4), "{reply}");
    }
}

#[tokio::test]
async fn pinned_physical_keys_are_listed() {
    let stage = pinned_stage().await;
    let list = RequestBuilder::get("/users/alice/PhysicalKeys").api_key(API_KEY).send(&stage).await.json();
    let numbers: Vec<_> = list["keys"].as_array().expect("keys").iter().map(|key| &key["number"]).collect();
    assert_eq!(numbers, [1, 3], "{list}");
    let of_acme = RequestBuilder::get("/orgs/acme/PhysicalKeys").api_key(API_KEY).send(&stage).await.json();
    assert_eq!(of_acme["keys"].as_array().map(Vec::len), Some(3), "{of_acme}");
}
