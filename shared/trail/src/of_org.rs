//! One organisation's events, taken out of a log as single proofs: each is checked by itself, and nothing of anybody else's comes along but
//! hashes.

use std::ops::Range;

use domain::values::{Hour, OrgId};
use futures_util::TryStreamExt;

use crate::archive::{Archive, ArchiveFault, Listing};
use crate::fault::{Faults, Place};
use crate::log::LogFault;
use crate::numbered::{hours, texts_of};
use crate::proof::Proof;
use crate::prove::{ProveFault, Prover};
use crate::select::Selection;

/// What is taken out.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// The organisation that the events concern: about physical keys that it issued, and in its own history.
    pub org: OrgId,
    /// In the files of these hours.
    pub hours: Range<Hour>,
    /// Where what discloses the texts of events is kept, if the proofs are to have it.
    pub texts: Option<&'a Archive>,
}

/// Why the events cannot be taken out.
#[derive(Debug, thiserror::Error)]
pub enum OfOrgFault {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogFault),
    /// Nothing can be proven.
    #[error(transparent)]
    Prove(ProveFault),
    /// An event cannot be proven.
    #[error("{0}: {1}")]
    Unproven(Place, ProveFault),
    /// A proof cannot be kept.
    #[error(transparent)]
    Kept(#[from] std::io::Error),
}

impl From<ArchiveFault> for OfOrgFault {
    fn from(fault: ArchiveFault) -> Self {
        Self::Log(fault.into())
    }
}

/// Hands the proof of every event of an organisation's to `keep`, in the order of the log. Gives every line or file that is not as it was
/// written: it could be about the organisation.
pub async fn prove_all(
    archive: &Archive,
    listing: &Listing,
    wanted: &Wanted<'_>,
    mut keep: impl FnMut(Proof) -> std::io::Result<()>,
) -> Result<Faults, OfOrgFault> {
    let mut prover = Prover::new(archive, listing).await.map_err(OfOrgFault::Prove)?;
    let selection = Selection { org: Some(wanted.org.clone()), ..Selection::default() };
    let (listing, mut unreadable) = (listing.of_hours(&wanted.hours), Faults::default());
    let mut hours = std::pin::pin!(hours(archive, &listing).await?);
    while let Some(hour) = hours.try_next().await? {
        // What discloses other organisations' texts is not read for nothing.
        let is_here = || hour.events().flatten().any(|numbered| selection.is_wanted(&numbered.event));
        let texts = texts_of(wanted.texts.filter(|_| is_here()), hour.hour).await?;
        for found in hour.disclosed(texts.as_ref()) {
            match found {
                Err(fault) => unreadable.push(fault),
                Ok((numbered, texts)) if selection.is_wanted(&numbered.event) => {
                    let place = numbered.place;
                    let proof = prover.prove(numbered, texts).await;
                    keep(proof.map_err(|fault| OfOrgFault::Unproven(place, fault))?)?;
                }
                Ok(_) => {}
            }
        }
    }
    Ok(unreadable)
}
