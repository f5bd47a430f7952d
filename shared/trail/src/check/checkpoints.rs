//! The checkpoints beside the hours' own: the one that was kept of an earlier check, and the one that is said to be the newest.

use domain::values::Origin;

use super::{CheckFault, Evidence, Freshness};
use crate::archive::Archive;
use crate::checkpoint::{Checkpoint, MOST_BYTES, NEWEST, SignedCheckpoint, checkpoint_path};
use crate::fault::{Fault, Place, Tampering};
use crate::reading::{FileRead, read};
use crate::verify::Verification;

/// How long ago the newest hour ended, if it may not be as long.
pub(super) fn check_freshness(evidence: &Evidence, verification: &mut Verification) {
    let Some(Freshness { now, most }) = evidence.freshness else { return };
    let ended = verification.next_hour().start();
    let age = now.since(ended);
    if age > most {
        let minutes = age.as_secs() / 60;
        let shows = format!(
            "the newest hour ended at {}, {} h {} min ago, which is longer than it may be",
            ended.to_rfc3339_seconds(),
            minutes / 60,
            minutes % 60
        );
        verification.fault(Fault::new(Place::Newest, Tampering::Truncated, shows));
    }
}

/// The checkpoint of an earlier check, until the log has come as far.
pub(super) struct Earlier<'a>(Option<&'a Checkpoint>);

impl<'a> Earlier<'a> {
    pub(super) fn new(evidence: &'a Evidence, origin: &Origin, verification: &mut Verification) -> Self {
        let Some(since) = &evidence.since else { return Self(None) };
        if since.checkpoint().origin != *origin {
            let shows = format!("it is of the log {}", since.checkpoint().origin);
            verification.fault(Fault::new(Place::Kept, Tampering::Forked, shows));
            return Self(None);
        }
        if !evidence.keys.is_empty() && !evidence.keys.iter().any(|key| since.note().is_signed_by(key)) {
            let shows = "it is signed by none of the given keys";
            verification.fault(Fault::new(Place::Kept, Tampering::Forked, shows));
        }
        Self(Some(since.checkpoint()))
    }

    pub(super) fn compare(&mut self, here: &Checkpoint, verification: &mut Verification) {
        let Some(earlier) = self.0.filter(|earlier| earlier.size <= here.size) else { return };
        self.0 = None;
        if earlier != here {
            let shows = format!("its {} entries are not the first ones here", earlier.size);
            verification.fault(Fault::new(Place::Kept, Tampering::Forked, shows));
        }
    }

    pub(super) fn end(&self, verification: &mut Verification) {
        if let Some(earlier) = self.0 {
            let shows = format!("it has {} entries, which is more than there are here", earlier.size);
            verification.fault(Fault::new(Place::Kept, Tampering::Truncated, shows));
        }
    }
}

/// What is said to be the newest checkpoint. One that is missing or of an earlier hour is none the worse: a run may have ended before it
/// was written.
pub(super) struct Newest(Option<SignedCheckpoint>);

impl Newest {
    pub(super) async fn read(archive: &Archive, verification: &mut Verification) -> Result<Self, CheckFault> {
        let why = match read(archive, NEWEST, MOST_BYTES).await? {
            FileRead::Absent => return Ok(Self(None)),
            FileRead::Here(bytes) => match SignedCheckpoint::parse(&bytes) {
                Ok(newest) => return Ok(Self(Some(newest))),
                Err(why) => why.to_string(),
            },
            FileRead::Unusable(why) => why,
        };
        verification.fault(Fault::new(Place::Newest, Tampering::Changed, why));
        Ok(Self(None))
    }

    pub(super) fn compare(
        &mut self,
        here: &Checkpoint,
        bytes: Option<&[u8]>,
        verification: &mut Verification,
    ) {
        let Some(newest) = self.0.take_if(|newest| newest.checkpoint().size <= here.size) else { return };
        if newest.checkpoint() != here || bytes != Some(&newest.bytes()) {
            let shows = "it is not the checkpoint of any hour";
            verification.fault(Fault::new(Place::Newest, Tampering::Forked, shows));
        }
    }

    /// It may be of an hour that was exported since the files were listed.
    pub(super) async fn end(
        &self,
        archive: &Archive,
        verification: &mut Verification,
    ) -> Result<(), CheckFault> {
        if self.0.is_none() {
            return Ok(());
        }
        let next = checkpoint_path(verification.next_hour());
        if read(archive, &next, MOST_BYTES).await? == FileRead::Absent {
            let shows = "it is of a later hour than those that are there";
            verification.fault(Fault::new(Place::Newest, Tampering::Truncated, shows));
        }
        Ok(())
    }
}
