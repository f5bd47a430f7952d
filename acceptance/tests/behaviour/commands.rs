//! The two commands, as in the contract.

use acceptance::{NOON, RequestBuilder, Stage};
use serde_json::json;

#[tokio::test]
async fn a_physical_key_is_added_and_removed() {
    let stage = Stage::new().await;
    let token = stage.user_token("alice");
    let (api_key, _) = stage.api_key("acme").await;

    let body = json!({"orgId": "acme", "orgName": "Acme Ltd", "note": "Front door"});
    let reply = RequestBuilder::add("alice", &body).bearer(&token).api_key(&api_key).send(&stage).await;
    assert_eq!(reply.status(), 200, "{:?}", reply.json());
    let data = json!({
        "userId": "alice", "number": 1, "orgId": "acme", "orgName": "Acme Ltd", "note": "Front door",
        "addedAt": NOON.get(),
    });
    let expected = json!({
        "success": true, "aggregateId": "alice", "version": 1,
        "event": {"type": "PhysicalKeyAdded", "data": data},
        "number": 1, "orgId": "acme", "orgName": "Acme Ltd", "note": "Front door", "addedAt": NOON.get(),
    });
    assert_eq!(reply.json(), expected);

    let reply = RequestBuilder::remove("alice", &json!({"number": 1})).bearer(&token).api_key(&api_key);
    let reply = reply.send(&stage).await;
    assert_eq!(reply.status(), 200, "{:?}", reply.json());
    let data = json!({"userId": "alice", "number": 1, "removedAt": NOON.get()});
    let expected = json!({
        "success": true, "aggregateId": "alice", "version": 2,
        "event": {"type": "PhysicalKeyRemoved", "data": data},
        "number": 1,
    });
    assert_eq!(reply.json(), expected);
}
