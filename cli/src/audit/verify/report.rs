//! What `audit verify` found, in JSON.

use domain::values::VerifierKey;
use serde_json::{Value, json};
use trail::calendar;
use trail::check::Evidence;
use trail::lateness::{Late, Lateness};
use trail::texts::CheckedTexts;
use trail::verify::Verified;

use super::super::texts;
use super::unfinished;
use crate::output::Failure;

/// All that was found. What was not looked at is `null`.
pub(super) fn of(
    verified: &Verified,
    evidence: &Evidence,
    against_table: bool,
    texts: Option<&CheckedTexts>,
    is_whole: bool,
) -> Result<Value, Failure> {
    let Verified { faults, first, last, hours, events, users, organisations, bytes, .. } = verified;
    if last.is_none() && faults.count() == 0 {
        return Err(unfinished());
    }
    let last = last.as_ref();
    let set_aside: Vec<_> = verified
        .set_aside
        .iter()
        .map(|aside| {
            json!({"aggregateType": aside.aggregate_type, "aggregateId": aside.aggregate_id, "version": aside.version})
        })
        .collect();
    let replaced: Vec<_> = verified
        .replaced
        .iter()
        .map(|(hour, key)| json!({"from": calendar::text(*hour), "signedBy": key.short()}))
        .collect();
    Ok(json!({
        "whole": is_whole,
        "log": last.map(|(_, checkpoint)| checkpoint.origin.to_string()),
        "from": first.map(calendar::text),
        "through": last.map(|(hour, _)| calendar::text(hour.next())),
        "hours": hours, "events": events, "users": users, "organisations": organisations, "bytes": bytes,
        "entries": last.map(|(_, checkpoint)| checkpoint.size),
        "root": last.map(|(_, checkpoint)| checkpoint.root.to_string()),
        "signedBy": verified.signed_by.as_ref().map(VerifierKey::short),
        "replaced": replaced,
        "unusedVerifierKeys": verified.unused.iter().map(VerifierKey::short).collect::<Vec<_>>(),
        "begunBefore": verified.begun_before,
        "sinceEntries": evidence.since.as_ref().map(|since| since.checkpoint().size),
        "againstTable": against_table,
        "setAside": set_aside,
        "late": late(&verified.lateness),
        "texts": texts.map(texts::in_json),
        "faultCount": faults.count(),
        "faults": faults.first_ones().iter().map(ToString::to_string).collect::<Vec<_>>(),
    }))
}

/// Of an export that is not whole in a way that ends the check.
pub(super) fn of_fault(fault: &str) -> Value {
    json!({"whole": false, "faultCount": 1, "faults": [fault]})
}

fn late(Lateness { greatest_hours, long, named }: &Lateness) -> Value {
    let named: Vec<_> = named
        .iter()
        .map(|Late { place, history, version, recorded_at }| {
            json!({
                "place": place.to_string(), "aggregateType": history.aggregate_type(), "aggregateId": history.aggregate_id(),
                "version": version, "recordedAt": recorded_at.to_rfc3339(),
            })
        })
        .collect();
    json!({"moreThanADay": long, "greatestHours": greatest_hours, "named": named})
}
