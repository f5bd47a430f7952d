//! A `BatchGetItem` taken apart. It is not a snapshot: DynamoDB reads each item at a moment of its own, in any order, and
//! writers may come between any two. Neither engine ever does that: it has to be done here.

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::message::Message;

/// How the next read is to be taken apart.
#[derive(Debug)]
pub(crate) struct Tear {
    order: Vec<&'static str>,
    after: usize,
    reached: oneshot::Sender<()>,
    released: oneshot::Receiver<()>,
}

/// A read that waits in its middle, for a test.
#[derive(Debug)]
pub struct TornRead {
    reached: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl TornRead {
    /// Lets something happen in the middle of the read, once it is there, and then lets the read go on.
    pub async fn meanwhile<T>(self, happens: impl Future<Output = T>) -> T {
        self.reached.await.expect("the read comes to its middle");
        let happened = happens.await;
        self.release.send(()).expect("the read waits");
        happened
    }
}

/// Both ends of a read that is taken apart: its items in this order, named by the beginnings of their sort keys, with a
/// pause after so many of them.
pub(crate) fn tear(order: &[&'static str], after: usize) -> (Tear, TornRead) {
    let (reached, middle) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let tear = Tear { order: order.to_vec(), after, reached, released };
    (tear, TornRead { reached: middle, release })
}

impl Tear {
    /// Reads one item after another, and answers as if it had been one read.
    pub(crate) async fn read(self, request: &Message, engine: &str) -> Message {
        let wanted = request.json();
        let tables = wanted["RequestItems"].as_object().expect("tables");
        let (table, asked) = tables.iter().next().expect("a table");
        let mut keys = asked["Keys"].as_array().expect("keys").clone();
        let Self { order, after, reached, released } = self;
        keys.sort_by_key(|key| place_of(&order, key));
        let (mut items, mut reached, mut released) = (Vec::new(), Some(reached), Some(released));
        for (read, key) in keys.iter().enumerate() {
            if place_of(&order, key).unwrap_or(read) >= after {
                pause(&mut reached, &mut released).await;
            }
            let mut one = wanted.clone();
            one["RequestItems"][table]["Keys"] = json!([key]);
            let one = Message { head: request.head.clone(), body: one.to_string().into_bytes() };
            let answer = one.forward(engine).await.json();
            items.extend(answer["Responses"][table].as_array().cloned().unwrap_or_default());
        }
        pause(&mut reached, &mut released).await;
        let body = json!({"Responses": {table: items}, "UnprocessedKeys": {}});
        Message::json_answer("200 OK", &body)
    }
}

/// An organisation is read with its API key: nothing that is done here changes it. Without an order, there are no places.
fn place_of(order: &[&str], key: &Value) -> Option<usize> {
    let sk = key["sk"]["S"].as_str().expect("a sort key");
    let sk = if sk == "ORG" { "APIKEY" } else { sk };
    let place = order.iter().position(|begin| sk.starts_with(begin));
    assert!(place.is_some() || order.is_empty(), "{sk} has no place in {order:?}");
    place
}

/// Waits for the test, once; also if it never releases the read, because it has failed.
async fn pause(reached: &mut Option<oneshot::Sender<()>>, released: &mut Option<oneshot::Receiver<()>>) {
    if let (Some(reached), Some(released)) = (reached.take(), released.take()) {
        let _ = reached.send(());
        let _ = released.await;
    }
}
