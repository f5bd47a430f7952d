//! One command, from its parsed request to its answer: one read, one decision, one write, and again after a race.

use sha2::{Digest, Sha256};

use crate::auth::{Caller, Presented};
use crate::backend::Backend;
use crate::history::Circumstances;
use crate::http::answer::Answer;
use crate::http::command::CommandRequest;
use crate::http::exchange::Exchange;
use crate::http::preconditions::IfMatch;
use crate::http::problem::Problem;
use crate::http::routes::Route;
use crate::http::{body::BodyObject, command};
use crate::retry::Backoff;
use crate::table::{CommandState, Commit, CommitFault, Lookup, RequestRecord};
use crate::user::{Command, Event};
use crate::values::{EpochMillis, KeyNumber, OrgId};

/// Answers a request of a command's route: credentials first, then the request, then the command.
pub async fn answer_command(
    backend: &Backend,
    exchange: &mut Exchange,
    request: &lambda_http::Request,
    route: Route,
    read: fn(&mut BodyObject<'_>) -> Option<Command>,
) -> Result<Answer, Problem> {
    let presented = backend.authenticator.present(request.headers(), backend.clock.now()).await?;
    let request = command::parse(request, route, read)?;
    exchange.trail.user_id = Some(request.user_id.clone());
    execute(backend, exchange, &presented, &request).await
}

/// Executes a command until it is committed, refused, or out of time.
async fn execute(
    backend: &Backend,
    exchange: &mut Exchange,
    presented: &Presented,
    request: &CommandRequest,
) -> Result<Answer, Problem> {
    let request_hash = request_hash(presented, request);
    let lookup = Lookup {
        user_id: &request.user_id,
        api_key: presented.api_key().map(crate::auth::api_key::PresentedApiKey::id),
        number: number_asked_for(&request.command),
        request_hash: request_hash.as_deref(),
    };
    let mut backoff = Backoff::new(backend.random());
    loop {
        exchange.trail.attempts += 1;
        let now = backend.clock.now();
        let state = backend.table.read_for_command(&lookup, now, exchange.deadline()).await?;
        let caller = presented.confirm(state.api_key.as_ref(), now)?;
        exchange.trail.organisation = caller.confinement.organisation().cloned();
        authorise(&caller, request)?;
        let fingerprint = fingerprint(&caller, request);
        if let Some(answer) = replay(state.earlier.as_ref(), &fingerprint)? {
            return Ok(answer);
        }
        let version = state.snapshot.user.version;
        if request.preconditions.if_match.as_ref().is_some_and(|condition| !condition.is_met_by(version)) {
            return Err(Problem::VersionMismatch(version));
        }
        let decided = decide(&caller, &request.command, &state, now)?;
        match commit(backend, exchange, caller, &state, decided, request_hash.as_deref(), fingerprint, now)
            .await
        {
            Ok(answer) => return Ok(answer),
            Err(CommitFault::Contention) => {
                backoff.wait(exchange.deadline()).await.map_err(|_| Problem::Contention)?;
            }
            Err(CommitFault::Store(fault)) => return Err(fault.into()),
        }
    }
}

/// The physical key whose item a decision needs.
const fn number_asked_for(command: &Command) -> Option<KeyNumber> {
    match command {
        Command::AddPhysicalKey(_) => None,
        Command::RemovePhysicalKey(remove) => Some(remove.number),
    }
}

fn authorise(caller: &Caller, request: &CommandRequest) -> Result<(), Problem> {
    caller.confinement.may_act_on(&request.user_id)?;
    match &request.command {
        Command::AddPhysicalKey(add) => Ok(caller.confinement.may_issue_for(&add.org_id)?),
        // Whose physical key it is decides whether it is there at all, not whether it may be removed.
        Command::RemovePhysicalKey(_) => Ok(()),
    }
}

/// What was decided, and who issued the physical key that it is about.
struct Decided {
    event: Event,
    issuer: Option<OrgId>,
}

fn decide(
    caller: &Caller,
    command: &Command,
    state: &CommandState,
    now: EpochMillis,
) -> Result<Decided, Problem> {
    let user = &state.snapshot.user;
    match command {
        Command::AddPhysicalKey(add) => {
            Ok(Decided { event: user.add(add.clone(), now), issuer: Some(add.org_id.clone()) })
        }
        Command::RemovePhysicalKey(_) => {
            let held = state.physical_key.as_ref().filter(|key| caller.confinement.sees(&key.org_id));
            Ok(Decided { event: user.remove(held, now)?, issuer: held.map(|key| key.org_id.clone()) })
        }
    }
}

/// The earlier answer to the same request; a refusal if the idempotency key was another request's.
fn replay(earlier: Option<&RequestRecord>, fingerprint: &str) -> Result<Option<Answer>, Problem> {
    match earlier {
        None => Ok(None),
        Some(record) if record.fingerprint == fingerprint => {
            Ok(Some(Answer::again(record.body.clone(), record.version)))
        }
        Some(_) => Err(Problem::IdempotencyKeyReused),
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "These are the parts that one commit is made of, each used once."
)]
async fn commit(
    backend: &Backend,
    exchange: &Exchange,
    caller: Caller,
    state: &CommandState,
    decided: Decided,
    request_hash: Option<&str>,
    fingerprint: String,
    now: EpochMillis,
) -> Result<Answer, CommitFault> {
    let circumstances =
        Circumstances { actor: caller.actor, request_id: exchange.request_id().to_owned(), recorded_at: now };
    let (record, after) = state.snapshot.append(decided.event, circumstances);
    let answer = Answer::new(&record.record.event, after.user.version);
    let kept = RequestRecord::new(fingerprint, answer.body.clone(), after.user.version, now);
    let commit = Commit {
        before: &state.snapshot,
        after: &after,
        record: &record,
        issuer: decided.issuer.as_ref(),
        request: request_hash.map(|hash| (hash, &kept)),
    };
    backend.table.commit(&commit, now, exchange.deadline()).await?;
    Ok(answer)
}

fn sha256_hex(parts: &serde_json::Value) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(parts.to_string()))
}

/// Where the answer to a request with an idempotency key is kept: by caller and key, under the user.
fn request_hash(presented: &Presented, request: &CommandRequest) -> Option<String> {
    let key = request.preconditions.idempotency_key.as_ref()?;
    Some(sha256_hex(&serde_json::json!([presented.scope(), key.as_str()])))
}

/// What makes two requests the same: the command as parsed, its conditions, and the caller's organisation.
fn fingerprint(caller: &Caller, request: &CommandRequest) -> String {
    let if_match = request.preconditions.if_match.as_ref().map(IfMatch::canonical);
    sha256_hex(&serde_json::json!([request.command, if_match, caller.confinement.organisation()]))
}
