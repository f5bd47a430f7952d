//! `audit extract --org`: one organisation's own events, each as a proof in a file of its own.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

use domain::values::{Hour, OrgId};
use local_inventory::private_files;
use reqwest::Url;
use serde_json::json;
use trail::of_org::{Wanted, prove_all};
use trail::proof::{EXTENSION, Proof};

use super::{listing, open, open_disclosures, progress_bar, tell_unreadable};
use crate::arguments::audit::ArchiveArguments;
use crate::arguments::json::JsonArguments;
use crate::output::{Failure, print_json, print_line};

/// Takes the events out, and prints how many.
pub(super) async fn extract(
    org: OrgId,
    place: &ArchiveArguments,
    to: &Url,
    texts: Option<&Url>,
    hours: Range<Hour>,
    output: JsonArguments,
) -> Result<(), Failure> {
    let texts = open_disclosures(texts, place).await?;
    let archive = open(place).await?;
    let listing = listing(&archive, place).await?;
    let folder = empty_folder(to)?;
    let bar = progress_bar(0);
    let mut proofs = 0_u64;
    let wanted = Wanted { org: org.clone(), hours, texts: texts.as_ref() };
    let taken = prove_all(&archive, &listing, &wanted, |proof| {
        proofs += 1;
        bar.set_message(format!("{proofs} events"));
        keep(&folder, &proof)
    });
    let taken = taken.await;
    bar.finish_and_clear();
    let unreadable = taken.map_err(|fault| Failure::because("The events were not taken out", fault))?;
    if output.json {
        print_json(&json!({"orgId": org, "proofs": proofs, "in": folder.display().to_string()}))?;
    } else {
        print_line(format!("The proofs of {proofs} events of {org} are in {}.", folder.display()))?;
    }
    if proofs > 0 {
        eprintln!("`audit check` checks them, each by itself.");
    }
    tell_unreadable(&unreadable)
}

/// A folder of this machine without anything in it, for its owner only.
fn empty_folder(to: &Url) -> Result<PathBuf, Failure> {
    let folder = to.to_file_path();
    let folder = folder.map_err(|()| Failure("Proofs are put into a folder of this machine.".to_owned()))?;
    let cannot = |error| Failure::because(format!("The folder {} cannot be used", folder.display()), error);
    let is_empty = match std::fs::read_dir(&folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => true,
        Err(error) => return Err(cannot(error)),
    };
    if !is_empty {
        return Err(Failure(format!("The folder {} is not empty.", folder.display())));
    }
    private_files::make_folder(&folder).map_err(cannot)?;
    Ok(folder)
}

fn keep(folder: &Path, proof: &Proof) -> std::io::Result<()> {
    let name = format!("{:020}.{EXTENSION}", proof.inclusion().index());
    private_files::write(&folder.join(name), &proof.bytes())
}
