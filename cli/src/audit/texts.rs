//! What `audit verify` says of the texts beside the log.

use domain::values::Hour;
use trail::archive::{Archive, Listing};
use trail::texts::{CheckedTexts, Withheld, check_texts};
use trail::verify::Verified;

use super::{cannot_read, progress_bar};
use crate::output::{Failure, print_line, visible};

/// Checks the texts of a log that is whole, and says what was found.
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
    let checked = checked.map_err(|fault| cannot_read(&fault))?;
    say(&checked)?;
    Ok(checked)
}

fn say(CheckedTexts { disclosed, erased, withheld, named, faults }: &CheckedTexts) -> Result<(), Failure> {
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
