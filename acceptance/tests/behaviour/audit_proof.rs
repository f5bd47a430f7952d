//! Proofs of single events: made from the files of a log, carried away, and checked with a verifier key and nothing else.

use std::ops::Range;
use std::time::Duration;

use acceptance::trail::{SEED, TestArchive, first_hour, verifier_key};
use acceptance::{RequestBuilder, Stage};
use domain::history::{ChainedRecord, EventHash, HistoryId};
use domain::values::{Hour, UserId, Version};
use serde_json::json;
use trail::archive::Archive;
use trail::checkpoint::{NEWEST, checkpoint_path};
use trail::event_file::parse_line;
use trail::manifest::events_path;
use trail::part::extract;
use trail::proof::Proof;
use trail::prove::Prover;
use trail::seek::{Wanted, seek};

/// The seed of a key that signs another log.
const OTHERS: u8 = 9;

/// An export with the texts beside it, and the receipt of every command.
pub(crate) struct Scene {
    pub(crate) log: TestArchive,
    pub(crate) texts: TestArchive,
    pub(crate) receipts: Vec<EventHash>,
}

/// Three hours: Acme's and a rival's physical keys, two of them with the same user; nothing; and what was taken back.
pub(crate) async fn scene() -> Scene {
    let stage = Stage::for_trail().await;
    let mut receipts = Vec::new();
    for (user, org, note) in [
        ("alice", "acme", "front door"),
        ("alice", "rival", "the rival's cellar"),
        ("alice", "acme", "mailbox"),
        ("bob", "acme", "gate"),
        ("rolf", "rival", "the rival's vault"),
    ] {
        let body = json!({"orgId": org, "note": note});
        receipts.push(command(&stage, org, RequestBuilder::add(user, &body)).await);
    }
    stage.pass(Duration::from_hours(2));
    for (user, org, number) in [("alice", "acme", 1), ("rolf", "rival", 1)] {
        receipts.push(command(&stage, org, RequestBuilder::remove(user, &json!({"number": number}))).await);
    }
    stage.close_hour();
    let (log, texts) = (TestArchive::in_folder(), TestArchive::in_folder());
    let report = stage.export_disclosing(&log.archive, &texts.archive).await.expect("an export");
    assert_eq!((report.hours, report.events), (3, 9), "two organisations were registered, too");
    Scene { log, texts, receipts }
}

/// A command of an organisation's; gives its receipt.
async fn command(stage: &Stage, org: &str, request: RequestBuilder) -> EventHash {
    stage.register(org).await;
    stage.pass(Duration::from_secs(1));
    let reply = request.bearer(&stage.service_token(org)).send(stage).await;
    assert_eq!(reply.status(), 200, "{}", reply.json());
    reply.header("event-hash").expect("a receipt").parse().expect("a hash")
}

/// The proof of an event.
pub(crate) async fn prove(log: &Archive, texts: Option<&Archive>, wanted: &Wanted) -> Proof {
    let listing = log.list().await.expect("a listing");
    let (found, unreadable) = seek(log, &listing, texts, wanted).await.expect("a search");
    assert_eq!(unreadable.count(), 0);
    let (numbered, disclosures) = found.expect("the event is there");
    let mut prover = Prover::new(log, &listing).await.expect("a finished hour");
    prover.prove(numbered, disclosures).await.expect("a proof")
}

pub(crate) fn of(user: &str, version: u64) -> Wanted {
    Wanted::Version(HistoryId::User(UserId::parse(user).expect("a user id")), Version::new(version))
}

/// What whoever has been given a proof does with it.
pub(crate) fn checked(proof: &[u8]) -> Result<(), String> {
    let proof = Proof::parse(proof).map_err(|why| why.to_string())?;
    let keys = [verifier_key(SEED)];
    proof.check(&keys).map(|_| ()).map_err(|fault| fault.to_string())
}

pub(crate) async fn events(log: &TestArchive) -> Vec<ChainedRecord> {
    let mut events = Vec::new();
    for hour in 0..3 {
        let lines = log.lines(Hour::new(first_hour().get() + hour)).await;
        events.extend(lines.iter().map(|line| parse_line(line).expect("an event")));
    }
    events
}

#[tokio::test]
async fn every_event_is_proven_and_its_proof_is_checked_with_the_verifier_key_alone() {
    let Scene { log, texts, .. } = scene().await;
    let newest = log.newest().await;
    let mut indexes = Vec::new();
    for event in events(&log).await {
        let by_hash = prove(&log.archive, Some(&texts.archive), &Wanted::Hash(event.hash())).await;
        if let HistoryId::User(user) = event.record().happening.history() {
            let wanted = of(user.as_str(), event.record().version.get());
            assert_eq!(prove(&log.archive, Some(&texts.archive), &wanted).await, by_hash);
        }
        let bytes = by_hash.bytes();
        assert_eq!(checked(&bytes), Ok(()));
        let read = Proof::parse(&bytes).expect("a proof");
        assert_eq!((read.event(), read.checkpoint()), (&event, &newest));
        assert_eq!(read, by_hash, "it is read as it was written");
        let digests = event.record().happening.texts().map(|texts| texts.names().count());
        assert_eq!(
            read.disclosures().names().count(),
            digests.unwrap_or_default(),
            "every text is disclosed"
        );
        indexes.push(read.inclusion().index());
    }
    // Between the hours' events are their manifests.
    assert_eq!(indexes, [0, 1, 2, 3, 4, 5, 6, 9, 10]);
    let withheld = prove(&log.archive, None, &of("alice", 1)).await;
    assert!(withheld.disclosures().is_empty());
    assert_eq!(checked(&withheld.bytes()), Ok(()), "without its text");
}

/// Where the lines of the proof of the first of twelve entries are, with its text: the event, the text, and from the index on.
const EVENT: usize = 0;
const TEXT: usize = 1;
const INDEX: usize = 4;
const PATH: Range<usize> = 5..9;
const CHECKPOINT: usize = 10;
const SIZE: usize = 11;

/// What is said of a path that leads elsewhere.
const OTHER_ROOT: &str = "the path does not lead from the event to the root that the checkpoint says";

/// The lines of a proof, to be tampered with.
struct Lines(Vec<String>);

impl Lines {
    async fn of(Scene { log, texts, .. }: &Scene, user: &str, version: u64) -> Self {
        let proof = prove(&log.archive, Some(&texts.archive), &of(user, version)).await;
        let text = String::from_utf8(proof.bytes()).expect("text");
        Self(text.split('\n').map(str::to_owned).collect())
    }

    fn line(&self, number: usize) -> &str {
        &self.0[number]
    }

    /// The proof with other lines in the place of some.
    fn with(&self, at: Range<usize>, others: &[impl AsRef<str>]) -> String {
        let mut lines: Vec<_> = self.0.iter().map(String::as_str).collect();
        lines.splice(at, others.iter().map(AsRef::as_ref));
        lines.join("\n")
    }

    fn with_line(&self, number: usize, other: &str) -> String {
        self.with(number..number + 1, &[other])
    }
}

#[track_caller]
fn is_wrong(cases: &[(&str, String, &str)]) {
    for (what, changed, shows) in cases {
        assert_eq!(checked(changed.as_bytes()), Err((*shows).to_owned()), "{what}:\n{changed}");
    }
}

#[tokio::test]
async fn another_event_or_text_in_a_proof_is_told_precisely() {
    let scene = scene().await;
    let front = Lines::of(&scene, "alice", 1).await;
    let (mailbox, removed) = (Lines::of(&scene, "alice", 3).await, Lines::of(&scene, "alice", 4).await);
    let (event, text) = (front.line(EVENT), front.line(TEXT));
    let record = event[166..event.len() - 1].replace("\"number\":1", "\"number\":7");
    let hashed = format!("{}{}{}{record}}}", &event[..9], EventHash::GENESIS.chain(&record), &event[73..166]);
    let reversed = event.replace(&event[9..73], &event[9..73].chars().rev().collect::<String>());
    let not_hashed = "the event is not the one that was hashed";
    let not_the_digest = "a text was disclosed of which the record does not have the digest";
    let of_event = |event: &str| front.with_line(EVENT, event);
    let of_text = |text: &str| front.with_line(TEXT, text);
    is_wrong(&[
        ("another record", of_event(&event.replace("\"number\":1", "\"number\":7")), not_hashed),
        ("another hash", of_event(&reversed), not_hashed),
        ("another hash before", of_event(&event.replacen(&"0".repeat(64), &"1".repeat(64), 1)), not_hashed),
        ("another record, hashed", of_event(&hashed), OTHER_ROOT),
        ("another event", of_event(mailbox.line(EVENT)), not_the_digest),
        ("another event with its text", front.with(EVENT..TEXT + 1, &mailbox.0[EVENT..=TEXT]), OTHER_ROOT),
        ("another text", of_text(mailbox.line(TEXT)), not_the_digest),
        ("another word", of_text(&text.replace("front", "back")), not_the_digest),
        ("a text of another kind", of_text(&text.replace("note", "orgName")), not_the_digest),
        ("a text where there is none", removed.with(TEXT..TEXT, &[text]), not_the_digest),
    ]);
    let nothing: [&str; 0] = [];
    assert_eq!(checked(front.with(TEXT..TEXT + 1, &nothing).as_bytes()), Ok(()), "a text that is withheld");
}

#[tokio::test]
async fn another_way_to_another_root_is_told_precisely() {
    let scene = scene().await;
    let (front, mailbox) = (Lines::of(&scene, "alice", 1).await, Lines::of(&scene, "alice", 3).await);
    assert_eq!((front.line(INDEX), front.line(PATH.end), front.line(SIZE)), ("index 0", "", "12"));
    let (_stage, other) = crate::audit_signatures::two_hours().await;
    let earlier = scene.log.get(&checkpoint_path(first_hour())).await;
    let of_other = other.get(NEWEST).await;
    let checkpoint = |bytes: &[u8]| front.with(CHECKPOINT..front.0.len(), &[String::from_utf8_lossy(bytes)]);
    let nothing: [&str; 0] = [];
    let not_signed = format!(
        "the checkpoint bears the name of {}, and none of the given verifier keys signed it",
        verifier_key(SEED).short()
    );
    let beyond = "it is of entry 12, and the checkpoint is of 12 entries: the first is entry 0";
    let turned = [front.line(6), front.line(5)];
    is_wrong(&[
        ("another index", front.with_line(INDEX, "index 1"), OTHER_ROOT),
        ("an index beyond the log", front.with_line(INDEX, "index 12"), beyond),
        ("the path of another event", front.with(PATH, &mailbox.0[PATH]), OTHER_ROOT),
        ("the path in another order", front.with(5..7, &turned), OTHER_ROOT),
        ("a hash less", front.with(8..9, &nothing), OTHER_ROOT),
        ("a hash more", front.with(9..9, &[front.line(8)]), OTHER_ROOT),
        ("an earlier checkpoint", checkpoint(&earlier), OTHER_ROOT),
        ("a checkpoint of another log", checkpoint(&of_other), OTHER_ROOT),
        ("another size", front.with_line(SIZE, "13"), &not_signed),
    ]);
    let whole = front.with(0..0, &nothing);
    let proof = Proof::parse(whole.as_bytes()).expect("a proof");
    assert_eq!(proof.check(&[verifier_key(OTHERS)]).map_err(|fault| fault.to_string()), Err(not_signed));
}

#[tokio::test]
async fn whatever_is_between_or_around_the_parts_of_a_proof_is_refused() {
    let front = Lines::of(&scene().await, "alice", 1).await;
    let nothing: [&str; 0] = [];
    let whole = front.with(0..0, &nothing);
    let not_a_checkpoint = "it does not end with a signed checkpoint";
    is_wrong(&[
        ("before it", format!("\n{whole}"), "its first line is none of an export: it is no event"),
        (
            "two empty lines",
            front.with(2..2, &[""]),
            "no c2sp.org/tlog-proof@v1 follows the first empty line",
        ),
        ("two empty lines before the checkpoint", front.with(9..9, &[""]), not_a_checkpoint),
        ("something after it", format!("{whole}more\n"), not_a_checkpoint),
        ("a line feed after it", format!("{whole}\n"), not_a_checkpoint),
        ("a carriage return", whole.replace('\n', "\r\n"), "it is no text of printable lines"),
    ]);
    assert_eq!(checked(whole.as_bytes()), Ok(()));
}

/// Bits that are turned, bytes that are gone or come twice: whatever is read of it, it is not good.
#[tokio::test]
async fn no_byte_of_a_proof_can_be_changed() {
    let Scene { log, texts, .. } = scene().await;
    let bytes = prove(&log.archive, Some(&texts.archive), &of("alice", 1)).await.bytes();
    assert_eq!(checked(&bytes), Ok(()));
    for place in 0..bytes.len() {
        let mut changed: Vec<Vec<u8>> = Vec::new();
        for bit in 0..8 {
            changed.push(bytes.clone());
            changed[bit][place] ^= 1 << bit;
        }
        changed.push([&bytes[..place], &bytes[place + 1..]].concat());
        changed.push([&bytes[..=place], &bytes[place..]].concat());
        changed.push(bytes[..place].to_vec());
        for changed in changed.iter().filter(|changed| **changed != bytes) {
            assert!(checked(changed).is_err(), "at {place}: {:?}", String::from_utf8_lossy(changed));
        }
    }
}

/// Nothing is proven that is not so: an event that somebody put into a file, a tile that was changed, an hour that is not finished.
#[tokio::test]
async fn what_is_not_in_the_log_as_it_was_signed_is_not_proven() {
    let Scene { log, .. } = scene().await;
    let refused = async |wanted: Wanted| {
        let listing = log.archive.list().await.expect("a listing");
        let (found, _) = seek(&log.archive, &listing, None, &wanted).await.expect("a search");
        let (numbered, disclosures) = found.expect("the event is there");
        let mut prover = match Prover::new(&log.archive, &listing).await {
            Ok(prover) => prover,
            Err(fault) => return fault.to_string(),
        };
        prover.prove(numbered, disclosures).await.expect_err("a refusal").to_string()
    };
    let path = events_path(first_hour());
    let (bytes, lines) = (log.get(&path).await, log.lines(first_hour()).await);
    let not_in_it = "it is not in the log as it was signed: the path does not lead from the event to the root that the checkpoint says";
    // A record that another release may have written is not proven by this one, which could not say what it means.
    let not_known =
        "its proof would be none: its record has members, or a spelling, that this release does not write";
    for (from, to, said) in
        [("\"number\":1", "\"number\":7", not_in_it), ("\"format\":2", "\"format\":2,\"fresh\":1", not_known)]
    {
        let record = lines[0][166..lines[0].len() - 1].replace(from, to);
        let (zeros, hash) = (EventHash::GENESIS, EventHash::GENESIS.chain(&record));
        let mut forged = lines.clone();
        forged[0] = format!("{{\"hash\":\"{hash}\",\"previousHash\":\"{zeros}\",\"record\":{record}}}");
        log.write(&path, &crate::audit_tampering::gzip(&forged, flate2::Compression::default()));
        assert_eq!(refused(Wanted::Hash(hash)).await, said);
    }
    log.write(&path, &bytes);

    let (tile, last) = ("log/tile/0/000.p/12", checkpoint_path(first_hour().next().next()));
    let bytes = log.get(tile).await;
    log.write(tile, &[&bytes[..352], &bytes[..32]].concat());
    let other = format!("the tiles that the log ends with give another root than {last} says");
    assert_eq!(refused(of("alice", 1)).await, other);
    std::fs::remove_file(log.file(tile)).expect("a file");
    let missing = format!("{tile} is missing, or has not as many hashes as it should");
    assert_eq!(refused(of("alice", 1)).await, missing);
    log.write(tile, &bytes);
    log.write(&last, b"{}");
    assert_eq!(refused(of("alice", 1)).await, format!("{last} is no checkpoint of a log"));

    // The last hour is not finished: events before it are proven against the one before, and its own not at all.
    std::fs::remove_file(log.file(&last)).expect("a file");
    let proof = prove(&log.archive, None, &of("alice", 1)).await;
    assert_eq!(proof.checkpoint().checkpoint().size, 9);
    let listing = log.archive.list().await.expect("a listing");
    let (found, unreadable) = seek(&log.archive, &listing, None, &of("alice", 4)).await.expect("a search");
    assert_eq!((found, unreadable.count()), (None, 0));
}

/// Hours that were taken out have the tiles that their events need, and say how many entries were before them.
#[tokio::test]
async fn a_part_of_a_log_proves_its_events() {
    let Scene { log, .. } = scene().await;
    let part = TestArchive::in_folder();
    let last = first_hour().next().next();
    let listing = log.archive.list().await.expect("a listing");
    extract(&log.archive, &listing, &part.archive, last..last.next(), |_| {}).await.expect("a part");
    let of_part = prove(&part.archive, None, &of("alice", 4)).await;
    assert_eq!(of_part, prove(&log.archive, None, &of("alice", 4)).await);
    let listing = part.archive.list().await.expect("a listing");
    let (found, unreadable) = seek(&part.archive, &listing, None, &of("alice", 1)).await.expect("a search");
    assert_eq!(
        (found, unreadable.count()),
        (None, 0),
        "what was before it is not in it, and nothing is wrong"
    );
}
