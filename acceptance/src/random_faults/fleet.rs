//! Several processes of each function, and the queue in front of them: whoever is free takes what is next.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::function::{Deployment, Outcome, Process};
use super::history::{Answer, Sending};
use super::invocation::{Function, Invocation};

/// The processes of an episode.
#[derive(Debug)]
pub(crate) struct Fleet {
    queues: BTreeMap<Function, UnboundedSender<Job>>,
    attendants: JoinSet<()>,
    log: Arc<Logbook>,
}

/// What the attendants of all processes keep together.
#[derive(Debug, Default)]
pub(crate) struct Logbook {
    /// Moments, in the order in which they happened.
    ticks: AtomicU64,
    entries: Mutex<Entries>,
}

/// What happened to processes.
#[derive(Debug, Default, Clone)]
pub(crate) struct Entries {
    pub(crate) invocations: u64,
    pub(crate) killed: u64,
    pub(crate) cut_off: u64,
    /// Processes that ended by themselves, and errors that they reported.
    pub(crate) broken: Vec<String>,
}

#[derive(Debug)]
struct Job {
    invocation: Invocation,
    done: oneshot::Sender<Sending>,
}

type Jobs = Arc<tokio::sync::Mutex<UnboundedReceiver<Job>>>;

impl Fleet {
    /// Starts the processes of each function.
    pub(crate) fn start(deployments: Vec<(Function, Vec<Deployment>)>) -> Self {
        let (log, mut attendants) = (Arc::<Logbook>::default(), JoinSet::new());
        let mut queues = BTreeMap::new();
        for (function, processes) in deployments {
            let (queue, jobs) = unbounded_channel();
            let jobs = Arc::new(tokio::sync::Mutex::new(jobs));
            for deployment in processes {
                attendants.spawn(attend(deployment, Arc::clone(&jobs), Arc::clone(&log)));
            }
            queues.insert(function, queue);
        }
        Self { queues, attendants, log }
    }

    /// Has a function answer, as soon as one of its processes is free.
    pub(crate) async fn invoke(&self, invocation: Invocation) -> Sending {
        let (done, sending) = oneshot::channel();
        self.queues[&invocation.function].send(Job { invocation, done }).expect("the processes are attended");
        sending.await.expect("the processes are attended")
    }

    /// Ends all processes.
    pub(crate) async fn end(mut self) -> Entries {
        self.queues.clear();
        while let Some(ended) = self.attendants.join_next().await {
            ended.expect("an attendant ends");
        }
        self.log.entries().clone()
    }
}

impl Logbook {
    fn entries(&self) -> std::sync::MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::SeqCst)
    }

    fn broken(&self, deployment: &Deployment, how: &str) {
        let executable = deployment.executable.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.entries().broken.push(format!("{executable}: {how}"));
    }
}

/// Keeps one process running and gives it what is to be done.
async fn attend(deployment: Deployment, jobs: Jobs, log: Arc<Logbook>) {
    let mut process = Process::start(&deployment).await;
    loop {
        if let Err(how) = process.ready().await {
            log.broken(&deployment, &how);
            process = Process::start(&deployment).await;
            if process.ready().await.is_err() {
                return;
            }
        }
        let Some(job) = jobs.lock().await.recv().await else {
            return log.last_look(&deployment, &mut process);
        };
        if let Err(how) = process.ready().await {
            log.broken(&deployment, &how);
            process = Process::start(&deployment).await;
            let _ = process.ready().await;
        }
        let (mut began, request_id) = (0, job.invocation.request_id.clone());
        let outcome = process.invoke(&job.invocation, || began = log.tick()).await;
        let answer = log.note(&outcome, &deployment, &request_id);
        if !matches!(outcome, Outcome::Answered(_) | Outcome::Reported(_)) {
            process = Process::start(&deployment).await;
        }
        let _ = job.done.send(Sending { request_id, began, answer });
    }
}

impl Logbook {
    /// Notes if a process that has nothing to do has ended by itself.
    fn last_look(&self, deployment: &Deployment, process: &mut Process) {
        if let Err(how) = process.still_runs() {
            self.broken(deployment, &how);
        }
    }

    /// Notes what became of an invocation; gives the answer, if there is one.
    fn note(&self, outcome: &Outcome, deployment: &Deployment, request_id: &str) -> Option<Answer> {
        let at = self.tick();
        self.entries().invocations += 1;
        match outcome {
            Outcome::Answered(response) => {
                let status = response["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
                let body = response["body"].as_str().unwrap_or_default().to_owned();
                return Some(Answer { at, status: status.unwrap_or_default(), body });
            }
            Outcome::Reported(error) => {
                self.broken(deployment, &format!("{request_id}: it reported {error}"));
            }
            Outcome::Ended(how) => self.broken(deployment, &format!("{request_id}: {how}")),
            Outcome::Killed => self.entries().killed += 1,
            Outcome::CutOff => self.entries().cut_off += 1,
        }
        None
    }
}
