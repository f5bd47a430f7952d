//! Lists, each spoilt once.

use serde_json::{Value, json};

use super::super::super::history::Asked;
use super::check;
use super::story::Story;

/// Places of lists in [`Story::whole`].
const LIST: usize = 4;
const LIST_OF_GLOBEX: usize = 5;

fn numbers(body: &mut Value) -> &mut Vec<Value> {
    body["keys"].as_array_mut().expect("an array")
}

#[test]
fn a_list_out_of_order_is_found() {
    check(|story| story.spoil(LIST, |body| numbers(body).reverse()), &["lists-ascend"]);
    let twice = |body: &mut Value| {
        let first = numbers(body)[0].clone();
        numbers(body).insert(0, first);
        body["total"] = 3.into();
    };
    check(|story| story.spoil(LIST, twice), &["lists-ascend"]);
}

#[test]
fn a_total_that_is_not_the_number_of_keys_is_found() {
    for total in [json!(3), Value::Null] {
        let spoil = |body: &mut Value| body["total"] = total;
        check(|story| story.spoil(LIST, spoil), &["total-is-the-number-of-keys"]);
    }
    let page = |body: &mut Value| {
        body["total"] = 9.into();
        body["nextCursor"] = "more".into();
    };
    check(|story| story.spoil(LIST, page), &[]);
}

#[test]
fn a_list_longer_than_its_limit_is_found() {
    let spoil = |story: &mut Story| story.history.commands[LIST].asked = Asked::List { limit: 1 };
    check(spoil, &["lists-keep-the-limit"]);
}

#[test]
fn a_physical_key_that_is_missing_in_a_list_is_found() {
    let last = |body: &mut Value| {
        numbers(body).pop();
        body["total"] = 1.into();
    };
    check(|story| story.spoil(LIST, last), &["lists-show-what-is-there"]);
    // It is on the next page, perhaps.
    let page = |body: &mut Value| {
        last(body);
        body["nextCursor"] = "more".into();
    };
    check(|story| story.spoil(LIST, page), &[]);
    // Somebody was just removing it.
    let raced = |story: &mut Story| {
        story.spoil(LIST, last);
        let mut sending = story.refusal(503, "");
        sending.began = 0;
        story.command(Asked::Remove { number: 1 }, None, sending);
    };
    check(raced, &[]);
}

#[test]
fn a_removed_physical_key_in_a_list_is_found() {
    let removed = json!({"number": 2, "orgId": "acme", "note": "Tür 2", "addedAt": 12});
    let spoil = |body: &mut Value| {
        numbers(body).push(removed);
        body["total"] = 3.into();
    };
    check(|story| story.spoil(LIST, spoil), &["lists-leave-out-what-was-removed"]);
}

#[test]
fn another_organisations_physical_key_in_a_list_is_found() {
    let changed = |body: &mut Value| numbers(body)[0]["note"] = "other".into();
    check(|story| story.spoil(LIST, changed), &["lists-show-what-was-added"]);
    let spoil = |story: &mut Story| {
        story.history.commands[LIST_OF_GLOBEX].confined_to = Some("acme".to_owned());
    };
    let rules = ["lists-show-what-is-there", "lists-show-what-was-added"];
    check(spoil, &rules);
}
