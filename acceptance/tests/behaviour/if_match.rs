//! `If-Match`: a command is carried out at the version that the caller has seen, or not at all.

use acceptance::refused::Refused;

use crate::invariants;
use crate::scene::Scene;

fn mismatch(present: &str) -> Refused {
    let message = "The inventory is at another version than If-Match names; the ETag header \
                   has the present version.";
    Refused::new(412, "version_mismatch", message).with_header("etag", present)
}

/// A scene whose inventory is at version 2, with the one physical key that has number 2.
async fn at_version_2() -> Scene {
    let scene = Scene::new().await;
    let first = scene.carry_out(scene.add()).await;
    assert_eq!(first.header("etag"), Some("\"1\""));
    scene.carry_out(scene.add().header("if-match", "\"1\"")).await;
    scene
}

/// Checks that both commands are carried out under a condition.
async fn met(condition: &str) {
    let scene = at_version_2().await;
    let reply = scene.carry_out(scene.remove(1).header("if-match", condition)).await;
    assert_eq!(reply.header("etag"), Some("\"3\""), "{condition}");
    let scene = at_version_2().await;
    let reply = scene.carry_out(scene.add().header("if-match", condition)).await;
    assert_eq!(reply.header("etag"), Some("\"3\""), "{condition}");
}

/// Checks that both commands are refused under a condition, and told the present version.
async fn not_met(condition: &str) {
    let scene = at_version_2().await;
    for request in [scene.add(), scene.remove(1)] {
        scene.stage.refuses(request.header("if-match", condition), mismatch("\"2\"")).await;
    }
}

#[tokio::test]
async fn the_present_version_lets_a_command_through() {
    met("\"2\"").await;
}

#[tokio::test]
async fn another_version_stops_it() {
    for condition in ["\"1\"", "\"3\"", "\"0\"", "\"18446744073709551615\""] {
        not_met(condition).await;
    }
}

#[tokio::test]
async fn one_match_in_a_list_is_enough() {
    met("\"7\", \"2\" ,\"seven\"").await;
    not_met("\"7\", \"1\"").await;
}

#[tokio::test]
async fn several_header_lines_are_one_list() {
    let scene = at_version_2().await;
    let request = scene.add().header("if-match", "\"7\"").header("if-match", "\"2\"");
    scene.carry_out(request).await;
}

#[tokio::test]
async fn weak_tags_and_other_spellings_of_a_version_never_match() {
    for condition in ["W/\"2\"", "\"02\"", "\"+2\"", "\"2.0\"", "\" 2\"", "\"\""] {
        not_met(condition).await;
    }
}

#[tokio::test]
async fn a_star_is_any_inventory_that_has_begun() {
    met("*").await;
    let scene = Scene::new().await;
    scene.stage.refuses(scene.add().header("if-match", "*"), mismatch("\"0\"")).await;
}

#[tokio::test]
async fn version_0_is_an_inventory_that_has_not_begun() {
    let scene = Scene::new().await;
    let request = scene.add().header("if-match", "\"0\"");
    let reply = scene.carry_out(request.clone()).await;
    assert_eq!(reply.header("etag"), Some("\"1\""));
    scene.stage.refuses(request, mismatch("\"1\"")).await;
}

#[tokio::test]
async fn a_version_that_has_passed_is_told_before_a_physical_key_that_is_gone() {
    let scene = at_version_2().await;
    scene.carry_out(scene.remove(1)).await;
    scene.stage.refuses(scene.remove(1).header("if-match", "\"2\""), mismatch("\"3\"")).await;
}

#[tokio::test]
async fn a_replay_is_answered_although_its_condition_has_passed() {
    let scene = at_version_2().await;
    let request = scene.add().header("if-match", "\"2\"").idempotency_key("a");
    let first = scene.carry_out(request.clone()).await;
    let replay = scene.carry_out(request).await;
    assert_eq!(replay.header("idempotent-replayed"), Some("true"));
    assert_eq!(replay.bytes(), first.bytes());
    assert_eq!(replay.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn of_two_raced_commands_at_the_same_version_one_is_stopped() {
    let scene = at_version_2().await;
    let request = scene.add().header("if-match", "\"2\"");
    let (one, other) = tokio::join!(request.send(&scene.stage), request.send(&scene.stage));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412]);
    let history = invariants::check(&scene.stage.stored().await, "alice");
    assert_eq!(history.user.version.get(), 3);
}
