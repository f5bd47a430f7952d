//! A proxy between the functions and their DynamoDB that does to requests what networks and DynamoDB do to them on
//! bad days. It speaks HTTP on a loopback port, so that the SDK's own retries are under test as well.
//!
//! Neither engine ever answers `TransactionConflict`, throttles, or leaves keys unprocessed: it has to be done here.

mod answers;
mod behind;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use answers::answer;
use aws_sdk_dynamodb::Client;
use behind::Behind;
use local_inventory::dynamodb::{Access, AccessKeyId, EmbeddedDynamoDb};
use serde_json::Value;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::message::{self, Message};
use crate::torn_read::{self, Tear, TornRead};

/// What every disturbance gives as its cause. No caller may ever read it.
pub const SECRET_CAUSE: &str = "arn:aws:dynamodb:eu-central-1:123456789012:table/internal-name";

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disturbance {
    /// It is answered with this status and error code and not carried out.
    Failed(u16, &'static str),
    /// It is cancelled for these reasons, one for each item of the transaction, and not carried out.
    Cancelled(&'static [&'static str]),
    /// It is answered by something that is not DynamoDB, a load balancer say, and not carried out.
    BadGateway,
    /// The connection breaks before it arrives.
    CutBefore,
    /// It is carried out, and the connection breaks before the answer arrives.
    CutAfter,
    /// The connection breaks before it arrives, and it arrives later: before a call that is [`Self::BehindLateOnes`],
    /// or with [`Disturber::deliver_late_ones`].
    Late,
    /// What is late arrives first; then it is carried out as usual.
    BehindLateOnes,
    /// It does not arrive, and no answer ever comes.
    Silence,
    /// It is carried out, and no answer ever comes.
    SilenceAfter,
    /// Only the first of the keys that a `BatchGetItem` asks for is read.
    OneKeyProcessed,
    /// None of the keys that a `BatchGetItem` asks for is read.
    NoKeyProcessed,
    /// The index over heads is late: whoever asks it finds nothing.
    IndexIsLate,
    /// A `Query` or a `Scan` gives one item, and says that there are more.
    OneItemAPage,
    /// The first event that a `Query` finds does not show yet: it is read-committed.
    HidesFirstEvent,
    /// It is carried out, and the answer says that it is this time (an HTTP date).
    ByClock(&'static str),
    /// A `BatchGetItem` finds the item that [`Disturber::show_stale`] was given, as one that it read a moment ago.
    FindsStale,
}

/// One step of a plan: the next so many requests of an operation are disturbed like this.
#[derive(Debug)]
struct Step {
    operation: &'static str,
    disturbance: Disturbance,
    times: usize,
}

/// A request, and what it was answered: both bodies.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// The operation.
    pub operation: String,
    /// What was asked.
    pub asked: Value,
    /// What was answered.
    pub answer: Value,
}

/// What is to be disturbed, and what came by since.
#[derive(Debug, Default)]
struct Plan {
    steps: VecDeque<Step>,
    seen: Vec<(String, Vec<u8>)>,
    exchanged: Vec<Exchanged>,
    stale: Value,
    /// How many reads come before the one that is taken apart.
    tear: Option<(usize, Tear)>,
    late: Vec<Message>,
}

/// The proxy. It lets everything pass until it is told otherwise.
#[derive(Debug)]
pub struct Disturber {
    address: SocketAddr,
    access_key_id: AccessKeyId,
    behind: Arc<Behind>,
    plan: Arc<Mutex<Plan>>,
}

/// The engine of one test, and a disturber in front of it.
pub async fn disturbed_engine() -> (Option<EmbeddedDynamoDb>, Disturber) {
    let (engine, _) = crate::engine().await;
    let disturber = Disturber::in_front_of(crate::access(engine.as_ref())).await;
    (engine, disturber)
}

impl Disturber {
    pub(crate) async fn in_front_of(engine: Access) -> Self {
        let access_key_id = engine.access_key_id;
        let engine = message::authority(&engine.endpoint).to_owned();
        let plan = Arc::<Mutex<Plan>>::default();
        let behind = Arc::new(Behind::new(engine));
        let (shared, reached) = (Arc::clone(&plan), Arc::clone(&behind));
        let serve = move |client| serve(client, Arc::clone(&reached), Arc::clone(&shared));
        let address = message::listen(serve).await;
        Self { address, access_key_id, behind, plan }
    }

    /// A client that goes through the disturber, with the retries of the functions' client.
    #[must_use]
    pub fn client(&self) -> Client {
        crate::patient_client(&self.access())
    }

    /// How a client gets in.
    #[must_use]
    pub fn access(&self) -> Access {
        Access { endpoint: format!("http://{}", self.address), access_key_id: self.access_key_id.clone() }
    }

    /// Disturbs the next requests of an operation, and nothing else.
    pub fn disturb(&self, operation: &'static str, disturbance: Disturbance, times: usize) {
        self.begin([Step { operation, disturbance, times }]);
    }

    /// Disturbs one request after another: each step waits for the next request of its operation, and others pass.
    pub fn disturb_in_order<const STEPS: usize>(&self, steps: [(&'static str, Disturbance); STEPS]) {
        self.begin(steps.map(|(operation, disturbance)| Step { operation, disturbance, times: 1 }));
    }

    /// Lets everything pass, and notes what passes from now on.
    pub fn watch(&self) {
        self.begin([]);
    }

    fn begin<const STEPS: usize>(&self, steps: [Step; STEPS]) {
        let mut plan = self.plan();
        plan.steps = steps.into();
        plan.seen.clear();
        plan.exchanged.clear();
    }

    /// Disturbs all further requests of an operation, once everything before is done.
    pub fn then_always(&self, operation: &'static str, disturbance: Disturbance) {
        self.plan().steps.push_back(Step { operation, disturbance, times: usize::MAX });
    }

    /// Takes the next `BatchGetItem` apart: its items are read in this order, each named by the beginning of its sort
    /// key, and after so many of them it waits for the test.
    #[must_use]
    pub fn tear(&self, order: &[&'static str], after: usize) -> TornRead {
        self.tear_later(0, order, after)
    }

    /// The same with a `BatchGetItem` that has so many before it.
    #[must_use]
    pub fn tear_later(&self, reads_before: usize, order: &[&'static str], after: usize) -> TornRead {
        let (tear, torn) = torn_read::tear(order, after);
        self.plan().tear = Some((reads_before, tear));
        torn
    }

    /// What [`Disturbance::FindsStale`] finds, in DynamoDB's JSON.
    pub fn show_stale(&self, item: Value) {
        self.plan().stale = item;
    }

    /// Has everything arrive that was [`Disturbance::Late`], and gives the engine's answers, which nobody else gets.
    pub async fn deliver_late_ones(&self) -> Vec<Value> {
        deliver_late_ones(&self.plan, &self.behind).await
    }

    /// Lets everything pass again.
    pub fn calm(&self) {
        self.plan().steps.clear();
    }

    /// The bodies of an operation's requests since the last plan began, passed or not.
    #[must_use]
    pub fn seen(&self, operation: &str) -> Vec<Value> {
        let json = |bytes: Vec<u8>| serde_json::from_slice(&bytes).expect("a JSON body");
        self.seen_bytes(operation).into_iter().map(json).collect()
    }

    /// The same, byte for byte.
    #[must_use]
    pub fn seen_bytes(&self, operation: &str) -> Vec<Vec<u8>> {
        let plan = self.plan();
        plan.seen.iter().filter(|(of, _)| of == operation).map(|(_, body)| body.clone()).collect()
    }

    /// What was asked and answered since the last plan began, in order: requests that were carried out, and no others.
    #[must_use]
    pub fn exchanged(&self) -> Vec<Exchanged> {
        self.plan().exchanged.clone()
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        lock(&self.plan)
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn deliver_late_ones(plan: &Mutex<Plan>, engine: &Behind) -> Vec<Value> {
    let late = std::mem::take(&mut lock(plan).late);
    let mut answers = Vec::new();
    for request in late {
        answers.push(engine.forward(&request).await.json());
    }
    answers
}

impl Plan {
    /// Notes a request and says what happens to it.
    fn meet(&mut self, request: &Message) -> Option<Disturbance> {
        let operation = request.operation();
        self.seen.push((operation.clone(), request.body.clone()));
        let step = self.steps.front_mut().filter(|step| step.operation == operation)?;
        let disturbance = step.disturbance;
        step.times -= 1;
        if step.times == 0 {
            self.steps.pop_front();
        }
        Some(disturbance)
    }

    /// How a request is to be taken apart, if it is.
    fn tear(&mut self, request: &Message) -> Option<Tear> {
        if request.operation() != "BatchGetItem" {
            return None;
        }
        match self.tear.take()? {
            (0, tear) => Some(tear),
            (reads_before, tear) => {
                self.tear = Some((reads_before - 1, tear));
                None
            }
        }
    }
}

/// Serves one connection until it ends or is cut.
async fn serve(client: TcpStream, engine: Arc<Behind>, plan: Arc<Mutex<Plan>>) {
    let mut client = BufReader::new(client);
    while let Ok(request) = Message::read(&mut client).await {
        let request = engine.take_in(request).await;
        let (operation, asked) = (request.operation(), request.json());
        let (disturbance, tear) = {
            let mut plan = lock(&plan);
            (plan.meet(&request), plan.tear(&request))
        };
        let answered = match tear {
            Some(tear) => Some(tear.read(&request, &engine.engine).await),
            None => answer(disturbance, request, &plan, &engine).await,
        };
        let answered = engine.give_out(&operation, &asked, answered).await;
        let Some(answer) = answered else { return };
        if answer.is_ok() {
            let answer = answer.json();
            lock(&plan).exchanged.push(Exchanged { operation, asked, answer });
        }
        if client.get_mut().write_all(&answer.bytes()).await.is_err() {
            return;
        }
    }
}
