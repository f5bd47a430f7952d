//! What a good proof says, in words, and what none says.

use domain::audit_log;
use domain::history::{Actor, ActorKind, Disclosure, EventRecord, Happening};
use domain::organisation::RecordedEvent as OfOrganisation;
use domain::user::RecordedEvent as OfUser;
use domain::values::VerifierKey;
use trail::proof::Proof;

/// What no proof of an event shows, however good it is.
pub(super) const NOT_PROVEN: &str = "\
What a proof does not show:
- that the event is the last one of its history, or that what it says still holds;
- when the log was signed: a checkpoint has no time, and when an event was recorded is what the operator's clock said;
- that the operator keeps this log only, and shows everybody the same one;
- that what was recorded is true.";

/// What the proof of an event shows, a sentence each.
pub(super) fn sentences(proof: &Proof, key: &VerifierKey) -> Vec<String> {
    let event = proof.event();
    // Every field is named: one that is new has to be thought about here.
    let EventRecord { happening, version, issuer, recorded_at, actor, request_id } = event.record();
    let concerns = match issuer {
        Some(org) => format!("the organisation {org}"),
        None => "no organisation".to_owned(),
    };
    let mut sentences = vec![
        format!("{}: {}.", happening.name(), what(happening)),
        format!(
            "It is version {version} of the history of {}, and concerns {concerns}.",
            happening.history()
        ),
        format!("It was done by {}, and recorded at {}.", who(actor), recorded_at.to_rfc3339()),
        format!("Its request was {request_id}, its hash is {}.", event.hash()),
    ];
    sentences.extend(texts(proof));
    let (inclusion, origin) = (proof.inclusion(), &proof.checkpoint().checkpoint().origin);
    let (index, size) = (inclusion.index(), inclusion.size());
    sentences.push(format!(
        "It is entry {index}, and is in the log {origin} as it was signed by {} at {size} entries.",
        key.short()
    ));
    sentences
}

fn what(happening: &Happening) -> String {
    match happening {
        Happening::User(event) => match event {
            OfUser::PhysicalKeyAdded(added) => {
                format!("physical key {} was issued to {}", added.number, happening.history())
            }
            OfUser::PhysicalKeyRemoved(removed) => {
                format!("physical key {} was taken back from {}", removed.number, happening.history())
            }
            OfUser::PhysicalKeyTextsErased(erased) => {
                format!(
                    "what was typed about physical key {} of {} was erased",
                    erased.number,
                    happening.history()
                )
            }
        },
        Happening::Organisation(event) => match event {
            OfOrganisation::OrganisationRegistered(_) => format!("{} was registered", happening.history()),
            OfOrganisation::OrganisationRenamed(_) => format!("{} was given a name", happening.history()),
            OfOrganisation::OrganisationClosed(_) => format!("{} was closed", happening.history()),
            OfOrganisation::ApiKeyIssued(issued) => {
                format!("the API key {} was issued to {}", issued.api_key_id.as_str(), happening.history())
            }
            OfOrganisation::ApiKeyRevoked(revoked) => {
                format!("the API key {} of {} was revoked", revoked.api_key_id.as_str(), happening.history())
            }
        },
        Happening::AuditLog(audit_log::Event::SigningKeyChanged(changed)) => {
            format!("{} is to sign the hours after it", changed.verifier_key.short())
        }
        Happening::AuditLog(audit_log::Event::LogClaimed(claimed)) => {
            format!("the log goes on from the table {}", claimed.table_id)
        }
    }
}

/// Who did it, as the credentials named them.
fn who(actor: &Actor) -> String {
    let Actor { kind, iss, id, org_id, api_key_id } = actor;
    let mut who = match (kind, id) {
        (ActorKind::User, Some(id)) => format!("the person {id}"),
        (ActorKind::Service, Some(id)) => format!("the service {id}"),
        (ActorKind::Operator, Some(id)) => format!("the operator {id}, which nothing verifies"),
        (kind, Some(id)) => format!("{} {id}", kind.as_str()),
        (kind, None) => format!("somebody who acts as {}", kind.as_str()),
    };
    let more = [
        iss.as_ref().map(|iss| format!(" (by a token of {iss})")),
        org_id.as_ref().map(|org| format!(", for the organisation {org}")),
        api_key_id.as_ref().map(|id| format!(", with the API key {id}")),
    ];
    who.extend(more.into_iter().flatten());
    who
}

/// The texts that somebody typed: those that the proof discloses, and that there are others.
fn texts(proof: &Proof) -> Vec<String> {
    let Some(digests) = proof.event().record().happening.texts() else { return Vec::new() };
    let of = |name| match proof.disclosures().get(name) {
        Some(Disclosure { text, .. }) => format!("{}: {text}", name.as_str()),
        None => format!("Its {} is withheld or erased: the proof has its digest alone.", name.as_str()),
    };
    digests.names().map(of).collect()
}
