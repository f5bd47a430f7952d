//! `audit prove`: the proof of one event, for whoever is to check it without the export.

use std::io::Write;
use std::process::ExitCode;

use domain::history::HistoryId;
use trail::proof::Proof;
use trail::prove::{ProveFault, Prover};
use trail::seek::{Wanted, seek};

use super::{cannot_read, listing, open, open_disclosures, tell_unreadable};
use crate::arguments::audit::ProveArguments;
use crate::output::{Failure, NOT_ANSWERED, tell};

/// Proves, and writes the proof. 0: it is written; 1: there is nothing to prove; 2: nobody can tell.
pub(super) async fn prove(arguments: ProveArguments) -> ExitCode {
    match proven(arguments).await {
        Ok(Answer::Proven(proof)) => write(&proof),
        Ok(Answer::No(why)) => {
            tell(why);
            ExitCode::FAILURE
        }
        Err(failure) => {
            tell(failure);
            ExitCode::from(NOT_ANSWERED)
        }
    }
}

/// What came of it.
enum Answer {
    /// The proof, which holds.
    Proven(Box<Proof>),
    /// There is none, for this reason.
    No(String),
}

async fn proven(arguments: ProveArguments) -> Result<Answer, Failure> {
    let ProveArguments { archive: place, user, version, event_hash, verifier_keys, disclosures } = arguments;
    let texts = open_disclosures(disclosures.as_ref(), &place).await?;
    let archive = open(&place).await?;
    let listing = listing(&archive, &place).await?;
    let wanted = match (event_hash, user, version) {
        (Some(hash), ..) => Wanted::Hash(hash),
        (None, Some(user), Some(version)) => Wanted::Version(HistoryId::User(user), version),
        (None, ..) => {
            return Err(Failure("Say which event: --user and --version, or --event-hash.".to_owned()));
        }
    };
    let sought = seek(&archive, &listing, texts.as_ref(), &wanted).await;
    let (found, unreadable) = sought.map_err(|fault| cannot_read(&fault))?;
    let Some((numbered, texts)) = found else {
        tell_unreadable(&unreadable)?;
        return Ok(Answer::No("There is no such event in any finished hour of the log.".to_owned()));
    };
    let place = numbered.place;
    let cannot = |fault: ProveFault| Failure::because("The event cannot be proven", fault);
    let mut prover = Prover::new(&archive, &listing).await.map_err(cannot)?;
    let proof = match prover.prove(numbered, texts).await {
        Ok(proof) => proof,
        Err(fault @ ProveFault::NotInTheLog(_)) => return Ok(Answer::No(format!("{place}: {fault}."))),
        Err(fault) => return Err(cannot(fault)),
    };
    if !verifier_keys.is_empty()
        && let Err(fault) = proof.check(&verifier_keys)
    {
        return Ok(Answer::No(format!("The event's proof is not written: {fault}.")));
    }
    Ok(Answer::Proven(Box::new(proof)))
}

fn write(proof: &Proof) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(&proof.bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // Half a proof is none: a pipe that was closed early is no success here.
        Err(error) => {
            tell(Failure::because("The proof cannot be written", error));
            ExitCode::from(NOT_ANSWERED)
        }
    }
}
