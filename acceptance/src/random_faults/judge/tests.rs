//! Every promise, broken once by hand: the judge has to name it, and has to be silent about a whole history.

mod lists;
mod story;

use serde_json::json;

use self::story::{Story, mark, sort_key};
use super::super::history::Asked;
use crate::disturbance::SECRET_CAUSE;

const NOTHING: &str = "Too many writers. Nothing was written; send the request again.";
/// Places of commands in [`Story::whole`].
const ADD: usize = 0;
const KEYED_ADD: usize = 1;
const KEYED_REMOVAL: usize = 3;

/// Spoils a whole story. The judge finds exactly these rules broken.
#[track_caller]
fn check(spoil: impl FnOnce(&mut Story), expected: &[&str]) {
    let mut story = Story::whole();
    spoil(&mut story);
    assert_eq!(story.broken(), expected);
}

#[test]
fn a_whole_history_is_found_whole() {
    check(|_| (), &[]);
}

#[test]
fn a_gap_in_versions_is_found() {
    let spoil = |story: &mut Story| {
        let last = story.items.remove(&sort_key("EVENT", 4)).expect("an event");
        story.items.insert(sort_key("EVENT", 5), last);
    };
    check(spoil, &["answer-is-the-event", "kept-answer-is-the-events", "versions-are-dense"]);
}

#[test]
fn a_changed_event_is_found_by_its_hash() {
    let spoil = |story: &mut Story| {
        story.spoil_record(3, "\"recordedAt\":1795435200000", "\"recordedAt\":1");
    };
    check(spoil, &["chain-holds"]);
}

#[test]
fn a_text_that_is_not_the_one_that_was_recorded_is_found() {
    let spoil = |story: &mut Story| {
        story.stored(&sort_key("EVENT", 3))["disclosures"]["note"]["text"] = "Tür 4".into();
    };
    check(
        spoil,
        &["answer-is-the-event", "event-is-the-command", "keys-are-the-fold", "lists-show-what-was-added"],
    );
}

#[test]
fn a_record_in_another_spelling_is_no_event() {
    let mut story = Story::whole();
    story.spoil_record(3, "{\"actor\"", "{ \"actor\"");
    let broken = story.broken();
    for rule in ["chain-holds", "known-events", "versions-are-dense"] {
        assert!(broken.contains(&rule), "{broken:?}");
    }
}

#[test]
fn an_event_that_is_not_the_users_or_unknown_is_found() {
    let spoil =
        |story: &mut Story| story.spoil_record(3, "\"aggregateId\":\"alice\"", "\"aggregateId\":\"bob\"");
    check(spoil, &["chain-holds", "event-is-the-users"]);
    let sent = |story: &mut Story| {
        let sending = story.refusal(503, "");
        story.write("PhysicalKeyLost", &json!({"number": 1}), &sending.request_id);
        story.command(Asked::Remove { number: 1 }, None, sending);
    };
    check(sent, &["event-is-the-command", "known-events", "user-is-the-fold"]);
}

#[test]
fn what_is_not_hashed_may_be_anything() {
    let spoil = |story: &mut Story| {
        story.stored(&sort_key("EVENT", 3)).insert("issuer".to_owned(), "globex".into());
        story.stored(&sort_key("EVENT", 3)).insert("attempt".to_owned(), "other".into());
    };
    check(spoil, &[]);
}

#[test]
fn a_user_item_that_is_not_the_fold_is_found() {
    for name in ["version", "lastNumber", "activeKeys", "headHash"] {
        let spoil = |story: &mut Story| story.stored("USER")[name] = 9.into();
        check(spoil, &["user-is-the-fold"]);
    }
    check(|story| drop(story.items.remove("USER")), &["user-is-the-fold"]);
}

#[test]
fn a_key_item_that_is_not_the_fold_is_found() {
    check(|story| drop(story.items.remove(&story.key(1))), &["keys-are-the-fold"]);
    for name in ["orgId", "note", "addedAt", "issuerPartition"] {
        let spoil = |story: &mut Story| {
            let key = story.key(3);
            story.stored(&key)[name] = "other".into();
        };
        check(spoil, &["keys-are-the-fold"]);
    }
    let left_behind = |story: &mut Story| {
        let (place, key) = (story.key(1).replace("0001", "0002"), story.items[&story.key(1)].clone());
        story.items.insert(place, key);
    };
    check(left_behind, &["keys-are-the-fold"]);
}

#[test]
fn a_number_that_is_left_out_is_found() {
    let mut story = Story::default();
    let sending = story.refusal(503, "");
    let data = json!({"number": 2, "orgId": "acme", "note": "Tür"});
    story.write("PhysicalKeyAdded", &data, &sending.request_id);
    story.command(Asked::Add { issuer: "acme".to_owned(), note: "Tür".to_owned() }, None, sending);
    assert_eq!(story.broken(), ["keys-are-the-fold", "marks-are-the-issuers", "numbers-are-dense"]);
}

#[test]
fn a_mark_that_is_missing_or_of_nobody_is_found() {
    check(|story| drop(story.items.remove(&mark("acme"))), &["marks-are-the-issuers"]);
    let strangers = |story: &mut Story| {
        let item = story.stored(&mark("acme")).clone();
        story.items.insert(mark("stranger"), item);
    };
    check(strangers, &["marks-are-the-issuers"]);
}

#[test]
fn a_physical_key_at_another_issuers_place_is_found() {
    let spoil = |story: &mut Story| {
        let key = story.items.remove(&story.key(1)).expect("a physical key");
        let place = mark("globex").replace("SEEN#", "KEY#") + "#00000000000000000001";
        story.items.insert(place, key);
    };
    check(spoil, &["keys-are-the-fold"]);
}

#[test]
fn a_physical_key_that_is_removed_twice_is_found() {
    check(|story| story.remove(2, None), &["removed-once", "user-is-the-fold"]);
    check(|story| story.remove(8, None), &["removed-was-held", "user-is-the-fold"]);
}

#[test]
fn a_second_event_of_one_command_is_found() {
    for (command, keyed) in [(ADD, false), (KEYED_ADD, true)] {
        let spoil = |story: &mut Story| {
            story.add("acme", keyed.then_some("again"));
            let second = story.history.commands.pop().expect("a command");
            story.history.commands[command].sendings.extend(second.sendings);
        };
        let expected = ["event-is-the-command", "one-event", "repeated-in-the-same-bytes"];
        check(spoil, &expected);
    }
}

#[test]
fn a_success_without_its_event_is_found() {
    let spoil = |story: &mut Story| {
        let answer = story.answer(ADD).clone();
        let asked = story.history.commands[ADD].asked.clone();
        let sending = story.sending(200, answer.body);
        story.command(asked, None, sending);
    };
    check(spoil, &["answer-is-the-event", "done-is-written", "versions-are-not-shared"]);
}

#[test]
fn an_answer_that_is_not_its_event_is_found() {
    let spoil = |story: &mut Story| story.spoil(ADD, |body| body["event"]["data"]["note"] = "other".into());
    check(spoil, &["answer-is-the-event"]);
}

#[test]
fn a_repeated_answer_in_other_bytes_is_found() {
    let spoil = |story: &mut Story| story.answer(KEYED_REMOVAL).body.push(' ');
    check(spoil, &["repeated-in-the-same-bytes"]);
}

#[test]
fn a_kept_answer_that_is_not_the_events_is_found() {
    let expected = ["kept-answer-is-the-events"];
    check(|story| drop(story.items.remove("REQUEST#first")), &expected);
    check(|story| story.stored("REQUEST#first")["body"] = "{}".into(), &expected);
    check(|story| story.stored("REQUEST#first")["version"] = 1.into(), &expected);
}

#[test]
fn an_event_that_nobody_asked_for_is_found() {
    let spoil = |story: &mut Story| story.history.commands[ADD].sendings[0].request_id = "other".to_owned();
    check(spoil, &["answer-is-the-event", "done-is-written", "event-was-asked-for"]);
}

#[test]
fn a_removal_by_another_organisation_is_found() {
    let spoil = |story: &mut Story| {
        story.history.commands[KEYED_REMOVAL].confined_to = Some("globex".to_owned());
    };
    check(spoil, &["event-is-the-command"]);
}

/// Replaces the answer to the first addition, which was carried out, by a refusal.
fn refused(status: u16, message: &str) -> impl FnOnce(&mut Story) {
    let body = json!({"error": "refused", "message": message}).to_string();
    move |story: &mut Story| {
        let answer = story.answer(ADD);
        (answer.status, answer.body) = (status, body);
    }
}

#[test]
fn a_refusal_that_wrote_is_found() {
    for status in [400, 401, 403, 404, 422] {
        check(refused(status, ""), &["a-refusal-writes-nothing", "status-is-expected"]);
    }
    check(refused(409, ""), &["a-conflict-writes-nothing"]);
    check(refused(503, "It may have been carried out."), &[]);
}

#[test]
fn nothing_was_written_has_to_be_true() {
    check(refused(503, NOTHING), &["nothing-was-written-is-true"]);
    let spoil = |story: &mut Story| {
        let sending = story.refusal(409, NOTHING);
        story.history.commands[KEYED_ADD].sendings.push(sending);
    };
    check(spoil, &["nothing-was-written-is-true"]);
}

#[test]
fn nothing_was_written_is_not_said_under_an_idempotency_key() {
    let refusal = |story: &mut Story, key| {
        let sending = story.refusal(503, NOTHING);
        story.command(Asked::Remove { number: 1 }, key, sending);
    };
    check(|story| refusal(story, Some("third")), &["nothing-was-written-is-not-said-under-a-key"]);
    check(|story| refusal(story, None), &[]);
}

#[test]
fn a_refusal_of_what_was_done_under_the_same_key_is_found() {
    let spoil = |story: &mut Story| {
        let sending = story.refusal(404, "");
        story.history.commands[KEYED_REMOVAL].sendings.push(sending);
    };
    check(spoil, &["not-refused-after-it-was-done"]);
}

#[test]
fn a_key_that_was_used_is_refused_for_another_request() {
    let reuse = |story: &mut Story, status| {
        let sending = story.refusal(status, "");
        let asked = Asked::Add { issuer: "acme".to_owned(), note: "other".to_owned() };
        story.command(asked, Some("first"), sending);
        story.history.commands.last_mut().expect("a command").reuses_a_key = true;
    };
    check(|story| reuse(story, 422), &[]);
    let rules = ["answer-is-the-event", "used-key-is-refused"];
    check(|story| reuse(story, 200), &rules);
}

#[test]
fn an_answer_that_should_never_be_is_found() {
    for status in [500, 502, 422, 412] {
        let spoil = |story: &mut Story| {
            let sending = story.refusal(status, "");
            story.command(Asked::Remove { number: 9 }, None, sending);
        };
        check(spoil, &["status-is-expected"]);
    }
    let leak = |story: &mut Story| {
        let sending = story.refusal(503, SECRET_CAUSE);
        story.command(Asked::Remove { number: 9 }, None, sending);
    };
    check(leak, &["causes-are-for-the-log"]);
}

#[test]
fn a_function_that_ends_by_itself_is_found() {
    check(|story| story.history.broken.push("add-physical-key: it ended".to_owned()), &["function-ended"]);
}
