//! `audit find`: receipts, which are the hashes of events, looked for in an export.

use std::process::ExitCode;

use serde_json::json;
use trail::seek::seek_hashes;

use super::{cannot_read, listing, open, tell_unreadable};
use crate::arguments::audit::FindArguments;
use crate::output::{Failure, NOT_ANSWERED, print_json, print_line, tell, visible};

/// Looks for events, and prints where they are. 0: all are there; 1: one is not; 2: nobody can tell.
pub(super) async fn find(arguments: &FindArguments) -> ExitCode {
    match found(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            tell(failure);
            ExitCode::from(NOT_ANSWERED)
        }
    }
}

/// Whether all of them are there.
async fn found(arguments: &FindArguments) -> Result<bool, Failure> {
    let FindArguments { archive: place, hashes, output } = arguments;
    let archive = open(place).await?;
    let listing = listing(&archive, place).await?;
    let sought = seek_hashes(&archive, &listing, hashes).await;
    let (found, unreadable) = sought.map_err(|fault| cannot_read(&fault))?;
    let mut are_all_there = true;
    for hash in hashes {
        let Some(numbered) = found.get(hash) else {
            are_all_there = false;
            if output.json {
                print_json(&json!({"eventHash": hash, "found": false}))?;
            } else {
                print_line(format!("{hash}: not found"))?;
            }
            continue;
        };
        let (place, record) = (numbered.place, numbered.event.record());
        let (version, history) = (record.version, record.happening.history());
        if output.json {
            print_json(&json!({
                "eventHash": hash, "found": true, "place": place.to_string(), "aggregateType": history.aggregate_type(),
                "aggregateId": history.aggregate_id(), "version": version, "entry": numbered.index,
            }))?;
            continue;
        }
        let entry = numbered.index.map(|index| format!(", entry {index} of the log")).unwrap_or_default();
        print_line(visible(&format!("{hash}: {place}: version {version} of {history}{entry}")))?;
    }
    if !found.is_empty() {
        eprintln!(
            "`audit prove --event-hash HASH` proves one to somebody else: its hash alone convinces nobody."
        );
    }
    if !are_all_there {
        tell_unreadable(&unreadable)?;
        eprintln!("An event that was not found may be in an hour that is not exported yet.");
    }
    Ok(are_all_there)
}
