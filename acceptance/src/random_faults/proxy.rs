//! The proxy between the functions and the engine: it lets each call meet its fate.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::weather::{Fault, Weather};
use super::{chance, torn};
use crate::message::Message;
use crate::store_answers;

/// Longer than the functions wait for an answer to one attempt.
const BEYOND_AN_ATTEMPT: Duration = Duration::from_millis(1_550);
/// How long a write that waits for its client's next attempt waits at most.
const LONGEST_LATENESS: Duration = Duration::from_millis(2_500);
/// How often it is looked whether all late deliveries have been made.
const LOOK: Duration = Duration::from_millis(10);
/// Errors of DynamoDB's own.
const OWN_ERRORS: [&str; 2] = ["InternalServerError", "InternalFailure"];

/// The proxy of an episode.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    road: Arc<Road>,
    listening: JoinHandle<()>,
}

/// What calls meet on their way.
#[derive(Debug)]
struct Road {
    engine: String,
    weather: Weather,
    seed: u64,
    calls: Mutex<Calls>,
    /// Deliveries to the engine that are still to come or under way.
    under_way: AtomicUsize,
}

#[derive(Debug, Default)]
struct Calls {
    number: u64,
    faults: BTreeMap<String, u64>,
    /// Writes that wait until they are sent again, by their tokens.
    waiting: HashMap<String, Waiting>,
}

/// A write on its way that its client has given up.
#[derive(Debug)]
struct Waiting {
    deliver: oneshot::Sender<()>,
    /// What the next attempt is told.
    next: Fault,
}

/// What the client gets.
enum Reply {
    Whole(Message),
    Half(Message),
    /// The connection ends; with a reset or without.
    Cut {
        reset: bool,
    },
    Silence,
}

impl Proxy {
    /// A proxy in front of an engine (host and port).
    pub(crate) async fn start(engine: String, weather: Weather, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port");
        let address = listener.local_addr().expect("an address");
        let (calls, under_way) = (Mutex::default(), AtomicUsize::new(0));
        let road = Arc::new(Road { engine, weather, seed, calls, under_way });
        let shared = Arc::clone(&road);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let _ = client.set_nodelay(true);
                tokio::spawn(serve(client, Arc::clone(&shared)));
            }
        });
        Self { address, road, listening }
    }

    /// Waits until everything has been delivered, and gives how often what happened to calls.
    pub(crate) async fn end(self) -> BTreeMap<String, u64> {
        while self.road.under_way.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(LOOK).await;
        }
        self.listening.abort();
        std::mem::take(&mut self.road.calls().faults)
    }
}

/// Serves one connection until it ends or is cut. A call of a client that has gone is carried out all the same.
async fn serve(client: TcpStream, road: Arc<Road>) {
    let mut client = BufReader::new(client);
    while let Ok(request) = Message::read(&mut client).await {
        let reply = road.meet(Arc::new(request)).await;
        let written = match reply {
            Reply::Whole(message) => client.get_mut().write_all(&message.bytes()).await,
            Reply::Half(message) => {
                let bytes = message.bytes();
                let _ = client.get_mut().write_all(&bytes[..bytes.len() - message.body.len() / 2 - 1]).await;
                return;
            }
            Reply::Cut { reset } => {
                if reset {
                    let _ = client.get_ref().set_zero_linger();
                }
                return;
            }
            Reply::Silence => {
                let _ = client.fill_buf().await;
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}

impl Road {
    fn calls(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws what happens to a call and lets it happen.
    async fn meet(self: &Arc<Self>, request: Arc<Message>) -> Reply {
        let operation = request.operation();
        let (number, waiting) = {
            let mut calls = self.calls();
            calls.number += 1;
            (calls.number, token(&request).and_then(|token| calls.waiting.remove(&token)))
        };
        let mut chance = chance::at(self.seed, &[number]);
        if let Some(waiting) = waiting {
            return self.meet_waiting(waiting, &request, &mut chance).await;
        }
        let Some(fault) = self.weather.fault(&operation, &mut chance) else {
            return Reply::Whole(self.carry_out(&request).await);
        };
        *self.calls().faults.entry(format!("{fault:?}")).or_default() += 1;
        self.suffer(fault, request, chance).await
    }

    async fn suffer(self: &Arc<Self>, fault: Fault, request: Arc<Message>, mut chance: Rng) -> Reply {
        let reset = chance.bool();
        match fault {
            Fault::ResetBefore => Reply::Cut { reset },
            Fault::ResetAfter => {
                self.carry_out(&request).await;
                Reply::Cut { reset }
            }
            Fault::HalfAnswer => Reply::Half(self.carry_out(&request).await),
            Fault::SilenceBefore => Reply::Silence,
            Fault::SilenceAfter => {
                self.carry_out(&request).await;
                Reply::Silence
            }
            Fault::Slow => {
                // Mostly well within the functions' time for an attempt, sometimes about as long.
                let longest = if chance.u8(0..8) == 0 { 1_700 } else { 400 };
                tokio::time::sleep(Duration::from_millis(chance.u64(20..longest))).await;
                Reply::Whole(self.carry_out(&request).await)
            }
            Fault::ErrorBefore => Reply::Whole(own_error(&mut chance)),
            Fault::ErrorAfter => {
                self.carry_out(&request).await;
                Reply::Whole(own_error(&mut chance))
            }
            Fault::BadGateway => Reply::Whole(store_answers::bad_gateway()),
            Fault::Throttled => Reply::Whole(store_answers::error(400, "ThrottlingException")),
            Fault::Conflict => {
                Reply::Whole(store_answers::cancelled_for_one(&request, "TransactionConflict", &mut chance))
            }
            Fault::CancelledThrottled => {
                Reply::Whole(store_answers::cancelled_for_one(&request, "ThrottlingError", &mut chance))
            }
            Fault::Late => self.be_late(request, &mut chance),
            Fault::LateThenConflict | Fault::LateThenInProgress => {
                self.wait_for_next(fault, request, &mut chance)
            }
            Fault::Duplicate => {
                let answer = self.carry_out(&request).await;
                self.deliver_after(Duration::from_millis(chance.u64(1..400)), request);
                Reply::Whole(answer)
            }
            Fault::Unprocessed => {
                let _under_way = UnderWay::new(self);
                Reply::Whole(torn::read_some(&request, &self.engine, &mut chance).await)
            }
            Fault::Torn => {
                let _under_way = UnderWay::new(self);
                Reply::Whole(torn::read(&request, &self.engine, &mut chance).await)
            }
        }
    }

    /// The client is told of a failure, soon or by silence; the write arrives afterwards.
    fn be_late(self: &Arc<Self>, request: Arc<Message>, chance: &mut Rng) -> Reply {
        let reply = failure(chance);
        let lateness = match reply {
            Reply::Silence => BEYOND_AN_ATTEMPT + Duration::from_millis(chance.u64(0..900)),
            // Mostly around the next attempts, sometimes when the function has given up.
            _ if chance.u8(0..8) == 0 => Duration::from_millis(chance.u64(300..2_500)),
            _ => Duration::from_millis(chance.u64(1..300)),
        };
        self.deliver_after(lateness, request);
        reply
    }

    /// The client is told of a failure; the write arrives around its next attempt.
    fn wait_for_next(self: &Arc<Self>, next: Fault, request: Arc<Message>, chance: &mut Rng) -> Reply {
        let Some(token) = token(&request) else { return self.be_late(request, chance) };
        let (deliver, attempted) = oneshot::channel();
        self.calls().waiting.insert(token, Waiting { deliver, next });
        let (gap, road) = (Duration::from_micros(chance.u64(0..60_000)), UnderWay::new(self));
        tokio::spawn(async move {
            let _ = tokio::time::timeout(LONGEST_LATENESS, attempted).await;
            tokio::time::sleep(gap).await;
            request.forward(&road.0.engine).await;
        });
        failure(chance)
    }

    /// The next attempt of a write whose first is on its way.
    async fn meet_waiting(&self, waiting: Waiting, request: &Message, chance: &mut Rng) -> Reply {
        *self.calls().faults.entry("SentAgainWhileLate".to_owned()).or_default() += 1;
        let _ = waiting.deliver.send(());
        tokio::time::sleep(Duration::from_micros(chance.u64(0..10_000))).await;
        Reply::Whole(match waiting.next {
            Fault::LateThenInProgress => store_answers::error(400, "TransactionInProgressException"),
            _ => store_answers::cancelled_for_one(request, "TransactionConflict", chance),
        })
    }

    async fn carry_out(self: &Arc<Self>, request: &Message) -> Message {
        let road = UnderWay::new(self);
        request.forward(&road.0.engine).await
    }

    fn deliver_after(self: &Arc<Self>, lateness: Duration, request: Arc<Message>) {
        let road = UnderWay::new(self);
        tokio::spawn(async move {
            tokio::time::sleep(lateness).await;
            request.forward(&road.0.engine).await;
        });
    }
}

/// The road, with one more delivery on it.
struct UnderWay(Arc<Road>);

impl UnderWay {
    fn new(road: &Arc<Road>) -> Self {
        road.under_way.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(road))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The client request token of a write, which it has however often and by whom it is sent again.
fn token(request: &Message) -> Option<String> {
    if request.operation() != "TransactWriteItems" {
        return None;
    }
    request.json()["ClientRequestToken"].as_str().map(str::to_owned)
}

fn own_error(chance: &mut Rng) -> Message {
    store_answers::error(500, OWN_ERRORS[chance.usize(0..OWN_ERRORS.len())])
}

/// How a client learns that a call failed: mostly at once, because silence takes its time.
fn failure(chance: &mut Rng) -> Reply {
    match chance.u8(0..20) {
        0 => Reply::Silence,
        1..=5 => Reply::Whole(own_error(chance)),
        _ => Reply::Cut { reset: chance.bool() },
    }
}
