//! What `audit verify` says of the texts beside the log.

use domain::values::Hour;
use trail::archive::{Archive, Listing};
use trail::texts::{CheckedTexts, Withheld, check_texts};
use trail::verify::Verified;

use super::{cannot_read, open_disclosures, progress_bar};
use crate::arguments::audit::VerifyArguments;
use crate::output::{Failure, print_line, visible};

/// Checks the texts of a log that is whole, and says what was found. Gives whether nothing is wrong with them.
pub(super) async fn check(
    arguments: &VerifyArguments,
    archive: &Archive,
    listing: &Listing,
    verified: &Verified,
) -> Result<bool, Failure> {
    let Some(disclosures) = open_disclosures(arguments.disclosures.as_ref(), &arguments.archive)? else {
        return Ok(true);
    };
    let bar = progress_bar(u64::try_from(listing.hours.len()).unwrap_or(u64::MAX));
    bar.set_message("texts");
    let checked = check_texts(archive, listing, verified, &disclosures, |_: Hour| bar.inc(1)).await;
    bar.finish_and_clear();
    let checked = checked.map_err(|fault| cannot_read(&fault))?;
    say(&checked)?;
    Ok(checked.faults.count() == 0 && !(arguments.texts && checked.withheld > 0))
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
