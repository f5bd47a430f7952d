use domain::history::KeptRecord;
use domain::values::{Hour, VerifierKey};
use tempfile::TempDir;
use url::Url;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::fault::Place;
use crate::proof::tests::{kept, signer};
use crate::tree;

/// The one hour of a log with three levels of tiles, and where its events are in it.
const HOUR: Hour = Hour::new(498_732);
const SIZE: u64 = 256 * 256 + 700;
const INDEXES: [u64; 5] = [3, 4, 300, 65_000, SIZE - 2];

/// A log of which there are the tiles and the checkpoint, in a folder.
struct Log {
    folder: TempDir,
    archive: Archive,
    events: Vec<KeptRecord>,
    key: VerifierKey,
}

async fn log() -> Log {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::open(&Url::from_directory_path(folder.path()).unwrap()).unwrap();
    let events: Vec<_> = INDEXES.iter().map(|index| kept(&index.to_string())).collect();
    let (mut tree, other) = (Tree::default(), tree::leaf(b"another entry"));
    for number in 0..SIZE {
        let here = INDEXES.iter().position(|index| *index == number);
        tree.push_leaf(here.map_or(other, |place| tree::leaf(&events[place].chained.hash().bytes())));
    }
    for (tile, bytes) in tree.take_tiles() {
        let needed =
            INDEXES.iter().any(|index| Inclusion::new(*index, SIZE).unwrap().tiles().contains(&tile));
        if needed {
            archive.create(&tile.path(), bytes, tile::MOST_BYTES).await.unwrap();
        }
    }
    let (pair, key) = signer();
    let checkpoint = Checkpoint { origin: key.name().clone(), size: SIZE, root: tree.root() };
    let signature = pair.sign(checkpoint.to_string().as_bytes()).as_ref().try_into().unwrap();
    let signed = SignedCheckpoint::new(checkpoint, &key, &signature);
    archive.create(&checkpoint_path(HOUR), signed.bytes().into(), checkpoint::MOST_BYTES).await.unwrap();
    Log { folder, archive, events, key }
}

impl Log {
    async fn prover(&self) -> Prover<'_> {
        Prover::new(&self.archive, &self.archive.list().await.unwrap()).await.unwrap()
    }

    fn numbered(&self, place: usize) -> (Numbered, Disclosures) {
        let KeptRecord { chained: event, disclosures } = self.events[place].clone();
        (Numbered { event, place: Place::line(HOUR, 1), index: Some(INDEXES[place]) }, disclosures)
    }
}

#[tokio::test]
async fn events_of_a_log_with_many_tiles_are_proven_in_any_order() {
    let log = log().await;
    let mut prover = log.prover().await;
    for place in [0, 1, 2, 3, 4, 0, 4, 3, 2, 1, 0] {
        let (numbered, disclosures) = log.numbered(place);
        let proof = prover.prove(numbered, disclosures).await.unwrap();
        assert_eq!(proof.inclusion().index(), INDEXES[place]);
        assert_eq!(proof.check(std::slice::from_ref(&log.key)), Ok(&log.key));
    }
}

/// What is gone after it was read is not missed by the next event that needs it.
#[tokio::test]
async fn a_tile_is_read_once_for_all_events_that_need_it() {
    let log = log().await;
    let mut prover = log.prover().await;
    let (numbered, disclosures) = log.numbered(0);
    prover.prove(numbered, disclosures).await.unwrap();
    std::fs::remove_dir_all(log.folder.path().join("log/tile")).unwrap();
    let (numbered, disclosures) = log.numbered(1);
    prover.prove(numbered, disclosures).await.expect("its tiles are those of the one before");
    let (numbered, disclosures) = log.numbered(2);
    let fault = prover.prove(numbered, disclosures).await.unwrap_err().to_string();
    assert_eq!(fault, "log/tile/0/001 is missing, or has not as many hashes as it should");
}

#[tokio::test]
async fn an_event_of_which_nobody_says_where_it_is_is_not_proven() {
    let log = log().await;
    let mut prover = log.prover().await;
    for (index, said) in [
        (None, "the checkpoint before its hour is missing, or none"),
        (
            Some(SIZE),
            "it is not in the log as it was signed: the path does not lead from the event to the root that the checkpoint says",
        ),
    ] {
        let (numbered, disclosures) = log.numbered(0);
        let fault = prover.prove(Numbered { index, ..numbered }, disclosures).await.unwrap_err();
        assert_eq!(fault.to_string(), said);
    }
    let empty = tempfile::tempdir().unwrap();
    let archive = Archive::open(&Url::from_directory_path(empty.path()).unwrap()).unwrap();
    let fault = Prover::new(&archive, &Listing::default()).await.unwrap_err().to_string();
    assert_eq!(fault, "no hour of the log is finished yet");
}
