//! What an hour's events are by themselves: decompressed, parsed and hashed, on every core that there is. What they are among the
//! others is told by [`crate::verify`], which takes them in their order.
//!
//! One thread decompresses an hour's file and cuts it into blocks of lines; each block is another thread's. Of an hour there are a
//! few blocks at most in memory: who reads ahead waits until those are taken, and ends when nobody wants them any more.

use bytes::Bytes;
use domain::history::{ChainedRecord, EventHash, EventRecord, Happening};
use domain::values::{EpochMillis, OrgId, Sha256Hash, Version};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use crate::event_file::{LineFault, Lines, parts};
use crate::manifest::FileEntry;
use crate::reading::{FileRead, HourFiles};
use crate::sense::{Nonsense, of_actor};
use crate::tree;

/// How much text a block has, but for its last line: some hundred events, so that handing it over costs nothing beside them.
const BLOCK_BYTES: usize = 256 << 10;
/// What a line takes at least, however short it is.
const LINE_BYTES: usize = 512;
/// Blocks of an hour that are read ahead.
const BLOCKS_AHEAD: usize = 3;

/// An hour whose files are there, and whose events are being examined.
#[derive(Debug)]
pub(crate) struct Examination {
    /// `manifest.json`.
    pub(crate) manifest: FileRead,
    /// `events.ndjson.gz`.
    pub(crate) events: Events,
    /// `checkpoint`.
    pub(crate) checkpoint: FileRead,
}

/// What came of reading an hour's events, as [`FileRead`] has it.
#[derive(Debug)]
pub(crate) enum Events {
    /// There is no file.
    Absent,
    /// There is one.
    Here(Examined),
    /// Something is there that is no file of an export, for this reason.
    Unusable(String),
}

/// An hour's events, as they come.
#[derive(Debug)]
pub(crate) struct Examined {
    blocks: Receiver<JoinHandle<Block>>,
    /// Who reads; none when that has ended.
    reader: Option<JoinHandle<()>>,
    file: JoinHandle<FileEntry>,
}

/// What stands in consecutive lines. After one that cannot be read, there may be others; after one that is no text, there are none.
pub(crate) type Block = Vec<Result<Event, LineFault>>;

/// An event, and everything about it that can be told without those before it.
#[derive(Debug)]
pub(crate) struct Event {
    /// What happened.
    pub(crate) happening: Happening,
    /// Its place in its history.
    pub(crate) version: Version,
    /// The organisation that it concerns.
    pub(crate) issuer: Option<OrgId>,
    /// When it was recorded.
    pub(crate) recorded_at: EpochMillis,
    /// The hash that it says it has.
    pub(crate) hash: EventHash,
    /// The hash that it says the event before has.
    pub(crate) previous_hash: EventHash,
    /// Whether its hash is that of its bytes and the hash before.
    pub(crate) is_hashed: bool,
    /// Whether its bytes are what this release would write.
    pub(crate) is_canonical: bool,
    /// The hash of its entry in the tree.
    pub(crate) leaf: Sha256Hash,
    /// What does not make sense about who did it.
    pub(crate) nonsense: Nonsense,
}

impl Event {
    /// An event that stands in no file.
    pub(crate) fn of(event: &ChainedRecord) -> Self {
        let record = event.record();
        Self {
            happening: record.happening.clone(),
            version: record.version,
            issuer: record.issuer.clone(),
            recorded_at: record.recorded_at,
            hash: event.hash(),
            previous_hash: event.previous_hash(),
            is_hashed: event.is_hashed(),
            is_canonical: record.canonical() == event.canonical(),
            leaf: tree::leaf(&event.hash().bytes()),
            nonsense: of_actor(record),
        }
    }
}

impl Examination {
    /// Begins to examine an hour, within a runtime.
    pub(crate) fn begin(files: HourFiles) -> Self {
        let HourFiles { manifest, events, checkpoint } = files;
        let events = match events {
            FileRead::Absent => Events::Absent,
            FileRead::Here(bytes) => Events::Here(Examined::begin(bytes)),
            FileRead::Unusable(why) => Events::Unusable(why),
        };
        Self { manifest, events, checkpoint }
    }
}

impl Examined {
    fn begin(bytes: Bytes) -> Self {
        let (sender, blocks) = channel(BLOCKS_AHEAD);
        let of_file = bytes.clone();
        let file = spawn_blocking(move || FileEntry::of(&of_file));
        let reader = Some(spawn_blocking(move || read(&bytes, &sender)));
        Self { blocks, reader, file }
    }

    /// The next block; none after the last line. It fails if a thread that worked on it did.
    pub(crate) async fn next(&mut self) -> Result<Option<Block>, JoinError> {
        if let Some(block) = self.blocks.recv().await {
            return block.await.map(Some);
        }
        // A reader that failed would look like one that came to the end.
        match self.reader.take() {
            Some(reader) => reader.await.map(|()| None),
            None => Ok(None),
        }
    }

    /// What a manifest says of the file.
    pub(crate) async fn file(self) -> Result<FileEntry, JoinError> {
        self.file.await
    }
}

/// Consecutive lines.
#[derive(Default)]
struct LinesRead {
    text: String,
    /// Where each line ends, and the next one begins.
    ends: Vec<usize>,
    /// Why the next one cannot be read.
    fault: Option<LineFault>,
}

impl LinesRead {
    fn next(lines: &mut Lines<'_>) -> Self {
        let mut read = Self::default();
        while read.text.len().max(read.ends.len() * LINE_BYTES) < BLOCK_BYTES {
            match lines.next_onto(&mut read.text) {
                Some(Ok(())) => read.ends.push(read.text.len()),
                Some(Err(fault)) => read.fault = Some(fault),
                None => break,
            }
        }
        read
    }

    const fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.fault.is_none()
    }

    fn examine(&self) -> Block {
        let begins = [0].into_iter().chain(self.ends.iter().copied());
        let lines = begins.zip(&self.ends).map(|(begin, end)| examine(&self.text[begin..*end]));
        lines.chain(self.fault.map(Err)).collect()
    }
}

/// Reads lines, and has them examined block by block, until there are no more or nobody wants them.
fn read(bytes: &[u8], blocks: &Sender<JoinHandle<Block>>) {
    let (mut lines, threads) = (Lines::of(bytes), Handle::current());
    loop {
        let read = LinesRead::next(&mut lines);
        if read.is_empty() {
            return;
        }
        let examining = threads.spawn_blocking(move || read.examine());
        if blocks.blocking_send(examining).is_err() {
            return;
        }
    }
}

fn examine(line: &str) -> Result<Event, LineFault> {
    let (hash, previous_hash, text) = parts(line).ok_or(LineFault::NotAnEvent)?;
    let is_hashed = previous_hash.chain(text) == hash;
    let (record, is_canonical) = if let Some(record) = EventRecord::read_canonical(text) {
        (record, true)
    } else {
        let record = EventRecord::parse(text)?;
        // What is not what was hashed is told to be that alone.
        let is_canonical = is_hashed && record.canonical() == text;
        (record, is_canonical)
    };
    let nonsense = of_actor(&record);
    let leaf = tree::leaf(&hash.bytes());
    let EventRecord { happening, version, issuer, recorded_at, actor: _, request_id: _ } = record;
    Ok(Event {
        happening,
        version,
        issuer,
        recorded_at,
        hash,
        previous_hash,
        is_hashed,
        is_canonical,
        leaf,
        nonsense,
    })
}
