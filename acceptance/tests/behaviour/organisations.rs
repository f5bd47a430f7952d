//! What an operator does to organisations and API keys: one event each in the organisation's history, whatever is raced, cut
//! off, late or repeated.

use std::sync::Arc;

use acceptance::disturbance::Disturbance::{self, *};
use acceptance::disturbance::{Disturber, disturbed_engine};
use acceptance::refused::Refused;
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use aws_sdk_dynamodb::types::AttributeValue;
use domain::api_key::{self, ApiKeyTerms, RANDOM_BYTES};
use domain::organisation::{ApiKeyIssued, OrganisationCommand, Refusal};
use domain::values::{OrgId, OrgName, OrgTag};
use serde_json::{Value, json};
use store::{Done, OrganisationFault, StoreFault};
use tokio::task::JoinSet;

use crate::invariants;

const READ: &str = "BatchGetItem";
const WRITE: &str = "TransactWriteItems";

fn register(name: Option<&str>) -> OrganisationCommand {
    OrganisationCommand::Register { name: name.map(|name| OrgName::parse(name).expect("a name")) }
}

fn issued(byte: u8) -> ApiKeyIssued {
    let terms = ApiKeyTerms::of(OrgId::parse("acme").expect("an id"), NOON);
    api_key::issue(terms, &[byte; RANDOM_BYTES]).1
}

fn issue(byte: u8) -> OrganisationCommand {
    OrganisationCommand::IssueApiKey(issued(byte))
}

fn revoke(byte: u8) -> OrganisationCommand {
    OrganisationCommand::RevokeApiKey(issued(byte).api_key_id)
}

fn tag() -> String {
    OrgTag::of(&OrgId::parse("acme").expect("an id")).to_string()
}

/// The version of the organisation's history, all of which is checked.
async fn version(stage: &Stage) -> u64 {
    invariants::check_organisation(&stage.stored().await, &tag()).version.get()
}

/// Every command there is, in an order in which each leads to an event.
fn every_command() -> [OrganisationCommand; 6] {
    [
        register(Some("Acme")),
        register(Some("Acme Ltd")),
        issue(1),
        issue(2),
        revoke(1),
        OrganisationCommand::Close,
    ]
}

#[tokio::test]
async fn every_command_is_one_event_and_its_repetition_none() {
    let stage = Stage::new().await;
    for (command, expected) in every_command().iter().zip(1..) {
        assert_eq!(stage.command_organisation("acme", command).await, Ok(Done::Now), "{command:?}");
        assert_eq!(version(&stage).await, expected, "{command:?}");
        // An API key that was issued is not asked for again by its id: who issues again draws another.
        if !matches!(command, OrganisationCommand::IssueApiKey(_)) {
            let before = stage.stored().await;
            assert_eq!(stage.command_organisation("acme", command).await, Ok(Done::Before), "{command:?}");
            assert_eq!(stage.stored().await, before, "{command:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_command_writes_nothing() {
    let stage = Stage::new().await;
    let refuses = async |command: OrganisationCommand, refusal: Refusal| {
        let before = stage.stored().await;
        let refused = stage.command_organisation("acme", &command).await;
        assert_eq!(refused, Err(OrganisationFault::Refused(refusal)), "{command:?}");
        assert_eq!(stage.stored().await, before, "{command:?}");
    };
    for command in [OrganisationCommand::Close, issue(1), revoke(1)] {
        refuses(command, Refusal::NotRegistered).await;
    }
    stage.register("acme").await;
    refuses(revoke(1), Refusal::ApiKeyNotFound).await;
    // Another organisation's API key is no better than none.
    stage.register("umbrella").await;
    stage.issue(&issued(1)).await;
    let foreign = stage.command_organisation("umbrella", &revoke(1)).await;
    assert_eq!(foreign, Err(OrganisationFault::Refused(Refusal::ApiKeyNotFound)));
    stage.command_organisation("acme", &OrganisationCommand::Close).await.expect("a closing");
    for command in [issue(2), register(Some("Acme"))] {
        refuses(command, Refusal::Closed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn raced_commands_take_turns_and_are_one_event_each() {
    let stage = Arc::new(Stage::new().await);
    stage.register("acme").await;
    stage.issue(&issued(200)).await;
    let mut operators = JoinSet::new();
    for operator in 0..6 {
        let commands = [register(Some(&format!("Name {operator}"))), issue(operator), revoke(200)];
        for command in commands {
            let stage = Arc::clone(&stage);
            operators.spawn(async move {
                let done = stage.command_organisation("acme", &command).await.expect("a command");
                (matches!(command, OrganisationCommand::RevokeApiKey(_)), done)
            });
        }
    }
    let done = operators.join_all().await;
    let now = |of_revocation: bool| done.iter().filter(|one| **one == (of_revocation, Done::Now)).count();
    assert_eq!((now(true), now(false)), (1, 12), "the API key is revoked once: {done:?}");
    assert_eq!(version(&stage).await, 2 + 13);
}

async fn disturbed() -> (Stage, Disturber) {
    let (engine, disturber) = disturbed_engine().await;
    (Stage::on(engine, disturber.client(), Setting::default()).await, disturber)
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_or_that_came_late_is_one_event() {
    const CONFLICT: Disturbance = Cancelled(&["TransactionConflict", "None", "None", "None"]);
    let days: [&[(&str, Disturbance)]; 7] = [
        &[(WRITE, CutAfter)],
        &[(WRITE, CutBefore)],
        &[(WRITE, CONFLICT)],
        &[(WRITE, Failed(400, "ThrottlingException"))],
        &[(WRITE, Late), (READ, BehindLateOnes)],
        &[(WRITE, Late), (WRITE, BehindLateOnes)],
        &[(WRITE, Late), (WRITE, CONFLICT), (READ, BehindLateOnes)],
    ];
    for day in days {
        let (stage, disturber) = disturbed().await;
        for (command, expected) in every_command().iter().zip(1..) {
            let case = format!("{day:?}: {command:?}");
            match *day {
                [one] => disturber.disturb_in_order([one]),
                [one, two] => disturber.disturb_in_order([one, two]),
                [one, two, three] => disturber.disturb_in_order([one, two, three]),
                _ => panic!("{case}"),
            }
            assert_eq!(stage.command_organisation("acme", command).await, Ok(Done::Now), "{case}");
            disturber.calm();
            disturber.deliver_late_ones().await;
            assert_eq!(version(&stage).await, expected, "{case}");
        }
    }
}

#[tokio::test]
async fn a_late_write_that_another_operator_outran_is_decided_upon_anew() {
    let (stage, disturber) = disturbed().await;
    stage.register("acme").await;
    disturber.disturb_in_order([(WRITE, Late)]);
    // The name is given by the other one first; the late write comes to nothing, and the name is the same already.
    let name = register(Some("Late"));
    let late = stage.command_organisation("acme", &name);
    let other = stage.command_organisation("acme", &name);
    let (late, other) = tokio::join!(late, other);
    assert_eq!([late, other].iter().filter(|done| **done == Ok(Done::Now)).count(), 1);
    assert_eq!(disturber.deliver_late_ones().await.len(), 1);
    assert_eq!(version(&stage).await, 2);
}

#[tokio::test]
async fn a_command_of_which_nobody_knows_says_so_and_is_safe_to_repeat() {
    let (stage, disturber) = disturbed().await;
    stage.register("acme").await;
    let name = register(Some("Acme"));
    disturber.disturb(WRITE, CutAfter, 1);
    disturber.then_always(READ, Failed(500, "InternalServerError"));
    let unknown = stage.command_organisation("acme", &name).await;
    let is_unknown = matches!(unknown, Err(OrganisationFault::Store(StoreFault::OutcomeUnknown(_))));
    assert!(is_unknown, "{unknown:?}");
    disturber.calm();
    assert_eq!(stage.command_organisation("acme", &name).await, Ok(Done::Before));
    assert_eq!(version(&stage).await, 2);
}

#[tokio::test]
async fn an_organisation_with_the_same_tag_is_told_apart_by_its_id() {
    let stage = Stage::new().await;
    stage.register("acme").await;
    change(&stage, "SET #name = :value", "orgId", Some("emca")).await;
    let before = stage.stored().await;
    let registered = stage.command_organisation("acme", &register(None)).await;
    assert_eq!(registered, Err(OrganisationFault::Refused(Refusal::TagTaken)));
    let closed = stage.command_organisation("acme", &OrganisationCommand::Close).await;
    assert_eq!(closed, Err(OrganisationFault::Refused(Refusal::NotRegistered)));
    assert_eq!(stage.stored().await, before);
}

/// Nothing goes on with a history that it cannot read: not even where the state could be read.
#[tokio::test]
async fn a_table_of_before_is_refused_in_a_sentence() {
    let stage = Stage::new().await;
    let (api_key, _) = stage.api_key("acme").await;
    change(&stage, "REMOVE #name", "format", None).await;
    let fault = stage.command_organisation("acme", &register(Some("Acme"))).await.expect_err("a fault");
    let expected = "the table holds histories of format 1, and this release reads format 2: one of format 1 was filled during \
                    development, and a new table (or another folder, by --data) takes its place";
    assert_eq!(fault.to_string(), expected);
    let add = RequestBuilder::add("alice", &json!({"orgId": "acme"})).bearer(&stage.user_token("alice"));
    let message = "Something is wrong on our side. Tell us the `requestId`.";
    stage.refuses(add.api_key(&api_key), Refused::new(500, "internal_error", message)).await;
}

/// Changes an attribute of the organisation item.
async fn change(stage: &Stage, expression: &str, name: &str, value: Option<&str>) {
    let update = stage.client.update_item().table_name(stage.backend.table.name());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = update
        .key("pk", text(&format!("ORG#{}", tag())))
        .key("sk", text("ORG"))
        .update_expression(expression)
        .expression_attribute_names("#name", name);
    let update = match value {
        Some(value) => update.expression_attribute_values(":value", text(value)),
        None => update,
    };
    update.send().await.expect("an update");
}

#[tokio::test]
async fn what_is_recorded_of_an_organisation_says_who_and_has_no_secret_and_no_name() {
    let stage = Stage::new().await;
    let (api_key, id) = {
        stage.command_organisation("acme", &register(Some("Acme Ltd"))).await.expect("an organisation");
        stage.api_key("acme").await
    };
    let kept = invariants::kept(&stage.stored().await, &format!("ORG#{}", tag()));
    let records: Vec<Value> =
        kept.iter().map(|kept| kept.chained.canonical().parse().expect("JSON")).collect();
    for record in &records {
        assert_eq!(record["actor"], json!({"type": "operator", "id": "operator"}));
        assert_eq!((&record["aggregateType"], &record["issuer"]), (&json!("organisation"), &json!("acme")));
        assert!(record["requestId"].as_str().expect("an id").starts_with("operator."));
    }
    let whole = json!(records).to_string();
    let secret = api_key.rsplit('_').next().expect("a secret");
    assert!(!whole.contains("Acme Ltd") && !whole.contains(secret), "{whole}");
    assert_eq!(records[1]["data"]["apiKeyId"], id.as_str());
}
