//! What `audit verify` says of the texts beside the log.

use domain::values::Hour;
use serde_json::{Value, json};
use trail::archive::{Archive, Listing};
use trail::texts::{CheckedTexts, Withheld, check_texts};
use trail::verify::Verified;

use super::{cannot_read, progress_bar};
use crate::output::{Failure, print_line, visible};

/// Checks the texts of a log that is whole.
pub(super) async fn check(
    archive: &Archive,
    listing: &Listing,
    verified: &Verified,
    disclosures: &Archive,
) -> Result<CheckedTexts, Failure> {
    let bar = progress_bar(u64::try_from(listing.hours.len()).unwrap_or(u64::MAX));
    bar.set_message("texts");
    let checked = check_texts(archive, listing, verified, disclosures, |_: Hour| bar.inc(1)).await;
    bar.finish_and_clear();
    checked.map_err(|fault| cannot_read(&fault))
}

/// What was found, in JSON.
pub(super) fn in_json(CheckedTexts { disclosed, erased, withheld, named, faults }: &CheckedTexts) -> Value {
    let named: Vec<_> = named
        .iter()
        .map(|Withheld { place, history, version, name }| {
            json!({
                "place": place.to_string(), "aggregateType": history.aggregate_type(), "aggregateId": history.aggregate_id(),
                "version": version, "text": name.as_str(),
            })
        })
        .collect();
    let first: Vec<_> = faults.first_ones().iter().map(ToString::to_string).collect();
    json!({
        "disclosed": disclosed, "erased": erased, "withheld": withheld, "named": named, "faultCount": faults.count(),
        "faults": first,
    })
}

/// Says what was found.
pub(super) fn say(
    CheckedTexts { disclosed, erased, withheld, named, faults }: &CheckedTexts,
) -> Result<(), Failure> {
    for fault in faults.first_ones() {
        print_line(visible(&format!("{fault}.")))?;
    }
    print_line(format!(
        "Texts: {disclosed} disclosed as they were recorded, {erased} erased, {withheld} withheld."
    ))?;
    for Withheld { place, history, version, name } in named {
        let name = name.as_str();
        print_line(visible(&format!("  {place}: the {name} of version {version} of {history} is withheld")))?;
    }
    match faults.count() {
        0 => Ok(()),
        1 => print_line("1 fault in the texts."),
        count => print_line(format!("{count} faults in the texts.")),
    }
}
