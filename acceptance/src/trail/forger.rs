//! A forger who leaves nothing undone: what follows from the files of events is made anew, up to the signatures.

use std::collections::BTreeSet;

use domain::values::Hour;
use trail::checkpoint::{Checkpoint, NEWEST, SignedCheckpoint, checkpoint_path};
use trail::event_file::{Contents, Lines, parse_line};
use trail::manifest::{FileEntry, Manifest, events_path, manifest_path};
use trail::tile::Tile;
use trail::tree::Tree;

use super::{ORIGIN, TestArchive, key_file};

impl TestArchive {
    /// Makes manifests, tiles and checkpoints fit the files of events, signed by a key that the forger has; it may be the right one.
    /// A line that is no event has no entry.
    pub async fn forge_log(&self, seed: u8) {
        let listing = self.archive.list().await.expect("a listing");
        let mut tree = Tree::default();
        let mut tiles = BTreeSet::new();
        for hour in listing.hours.keys() {
            let manifest = std::fs::read(self.file(&manifest_path(*hour))).expect("a manifest");
            self.forge_hour(*hour, Manifest::parse(&manifest).expect("a manifest"), &mut tree);
            for (tile, bytes) in tree.take_tiles() {
                self.write(&tile.path(), &bytes);
                tiles.insert(tile);
            }
            let signed = self.sign(*hour, &tree, seed);
            self.write(NEWEST, &signed.bytes());
        }
        for tile in listing.tiles.difference(&tiles).copied().map(Tile::path) {
            std::fs::remove_file(self.file(&tile)).expect("a tile");
        }
    }

    /// Makes an hour's manifest fit its file, and has the tree go on with both.
    fn forge_hour(&self, hour: Hour, mut manifest: Manifest, tree: &mut Tree) {
        let events = std::fs::read(self.file(&events_path(hour))).expect("a file");
        let mut contents = Contents::default();
        for event in Lines::of(&events).filter_map(|line| parse_line(&line.ok()?).ok()) {
            contents.push(&event);
        }
        manifest.file = FileEntry::of(&events);
        manifest.events = Lines::of(&events).flatten().count() as u64;
        self.write(&manifest_path(hour), &manifest.bytes());
        contents.hashes.iter().for_each(|hash| tree.push(&hash.bytes()));
        tree.push(&manifest.bytes());
    }

    /// Signs an hour's checkpoint.
    fn sign(&self, hour: Hour, tree: &Tree, seed: u8) -> SignedCheckpoint {
        let key = key_file(ORIGIN, seed);
        let origin = key.verifier_key().name().clone();
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        let signature = key.sign(checkpoint.to_string());
        let signed = SignedCheckpoint::new(checkpoint, key.verifier_key(), &signature);
        self.write(&checkpoint_path(hour), &signed.bytes());
        signed
    }

    /// Writes a file of an archive that is in a folder, whether it is there or not.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.file(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, bytes).expect("a file");
    }
}
