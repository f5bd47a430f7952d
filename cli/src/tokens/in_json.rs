//! What the rules make of a token, in JSON.

use api::auth::claims::LEEWAY;
use api::auth::conditions::Conditions;
use api::auth::identity::TokenKind;
use serde_json::{Value, json};

use super::rights::{mode, rights};
use super::telling::{Telling, Verdict};

/// All of it.
pub(super) fn in_json(telling: &Telling<'_>) -> Value {
    let Telling { explanation, identity, required, source, now, .. } = telling;
    let steps: Vec<_> =
        telling.rows().map(|row| json!({"step": row.name, "holds": row.holds, "found": row.found})).collect();
    let mut conditions = of_kind(telling, "service", identity.service.as_ref());
    conditions.extend(of_kind(telling, "keyManager", identity.key_manager.as_ref()));
    let named = explanation.named.as_ref().ok();
    let good_for = match named {
        Some(named) if telling.verdict() != Verdict::Refused => rights(named, *required),
        _ => Vec::new(),
    };
    json!({
        "verdict": match telling.verdict() {
            Verdict::Accepted => "accepted",
            Verdict::Refused => "refused",
            Verdict::Unknown => "unknown",
        },
        "reasons": telling.reasons().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "kind": match explanation.kind {
            TokenKind::Person => "person",
            TokenKind::KeyManager => "keyManager",
            TokenKind::Service => "service",
        },
        "subject": named.map(|named| named.subject.to_string()),
        "orgId": explanation.organisation,
        "rules": source,
        "at": now.to_rfc3339_seconds(),
        "leewaySeconds": LEEWAY.as_secs(),
        "requiredCredentials": mode(*required),
        "steps": steps,
        "conditions": conditions,
        "goodFor": good_for.iter().skip(1).map(|line| line.trim()).collect::<Vec<_>>(),
    })
}

/// Of what is no token at all.
pub(super) fn refused(reason: &str) -> Value {
    json!({"verdict": "refused", "reasons": [reason]})
}

/// The conditions by which a token is somebody's, and which of them hold.
fn of_kind(telling: &Telling<'_>, kind: &str, conditions: Option<&Conditions>) -> Vec<Value> {
    let explanation = telling.explanation;
    let looked = conditions
        .into_iter()
        .flat_map(|conditions| conditions.look(&explanation.claims, explanation.organisation.as_ref()));
    looked
        .map(|looked| json!({"of": kind, "condition": looked.condition.to_string(), "holds": looked.holds()}))
        .collect()
}
