use std::collections::HashMap;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::history::{Actor, ActorKind, Circumstances, RANDOM_BYTES, Salts, Snapshot, TextName};
use domain::user::{AddPhysicalKey, Command, User};
use domain::values::{EpochMillis, Note, OrgId, Subject, UserId};

use super::*;
use crate::checkpoint::Checkpoint;
use crate::event_file::LineFault;
use crate::tile::{self, Tile};
use crate::tree::Tree;

const ORIGIN: &str = "keys.example.com/audit";

pub(crate) fn signer() -> (Ed25519KeyPair, VerifierKey) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let key = VerifierKey::new(ORIGIN.parse().unwrap(), pair.public_key().as_ref().try_into().unwrap());
    (pair, key)
}

/// An addition by a person who acts for an organisation, with ids, token issuer and request id as long as usual ones.
pub(crate) fn kept(note: &str) -> KeptRecord {
    let user = UserId::parse("3f0c9a52-7d1e-4b8a-9c5f-2e6d8b7a1c04").unwrap();
    let issuer = OrgId::parse("org_01J9Z3K7Q2W8").unwrap();
    let command = AddPhysicalKey { note: Note::parse(note).ok(), ..AddPhysicalKey::of(issuer.clone()) };
    let actor = Actor {
        kind: ActorKind::User,
        iss: Some("https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab3dEf6hI".to_owned()),
        id: Subject::parse("b7a1c04e-52f0-4c9a-8a7d-1e4b9c5f2e6d").ok(),
        org_id: Some(issuer.clone()),
        api_key_id: Some("0123456789abcdefghjkmnpqrstvwxyz".to_owned()),
    };
    let request_id = "JKJaXmPLvHcESHA=.MDEyMzQ1Njc4OWFiY2RlZg".to_owned();
    let recorded_at = EpochMillis::new(1_795_435_200_000);
    let circumstances =
        Circumstances { actor, request_id, recorded_at, salts: Salts::new([7; RANDOM_BYTES]) };
    let snapshot = Snapshot::new(User::new(user));
    let event = command.decide(&snapshot.state, None, recorded_at).unwrap().happened.into();
    snapshot.append(&event, Some(issuer), circumstances).0
}

/// The event in the middle of a log of so many entries.
fn proven(kept: &KeptRecord, index: u64, size: u64) -> Proof {
    let (mut tree, other) = (Tree::default(), tree::leaf(b"another entry"));
    let leaf = tree::leaf(&kept.chained.hash().bytes());
    (0..size).for_each(|number| tree.push_leaf(if number == index { leaf } else { other }));
    let tiles = tree.take_tiles().into_iter();
    let tiles: HashMap<Tile, Vec<_>> =
        tiles.map(|(tile, bytes)| (tile, tile::hashes(&bytes, tile.width).unwrap())).collect();
    let inclusion = Inclusion::new(index, size).unwrap();
    let path = inclusion.path(|tile| tiles.get(&tile).map(Vec::as_slice)).unwrap();
    let checkpoint = Checkpoint { origin: ORIGIN.parse().unwrap(), size, root: tree.root() };
    let (pair, key) = signer();
    let signature = pair.sign(checkpoint.to_string().as_bytes()).as_ref().try_into().unwrap();
    let checkpoint = SignedCheckpoint::new(checkpoint, &key, &signature);
    Proof::new(kept.chained.clone(), kept.disclosures.clone(), inclusion, path, checkpoint)
}

#[test]
fn a_proof_in_a_log_of_a_million_entries_has_at_most_two_kilobytes() {
    let kept = kept("Second floor, left");
    let proof = proven(&kept, 654_321, 1_000_000);
    let (_, key) = signer();
    assert_eq!(proof.check(std::slice::from_ref(&key)), Ok(&key));
    let bytes = proof.bytes();
    let withheld = Proof { disclosures: Disclosures::default(), ..proof.clone() };
    println!("{} bytes, {} with the note", withheld.bytes().len(), bytes.len());
    assert!(bytes.len() <= 2_048, "{}", bytes.len());
    assert_eq!(Proof::parse(&bytes), Ok(proof));
}

#[test]
fn a_proof_is_written_in_one_way() {
    let kept = kept("front");
    let proof = proven(&kept, 1, 3);
    let text = String::from_utf8(proof.bytes()).unwrap();
    let lines: Vec<_> = text.split('\n').collect();
    let beside = BASE64.encode(&tree::leaf(b"another entry").bytes());
    let texts = r#"{"texts":{"note":{"salt":"BwcHBwcHBwcHBwcHBwcHBw","text":"front"}}}"#;
    let (event, header) = (event_file::line(&kept.chained), "c2sp.org/tlog-proof@v1");
    let expected = [&event, texts, "", header, "index 1", &beside, &beside, "", ORIGIN, "3"];
    assert_eq!(lines[..expected.len()], expected);
    assert!(lines[expected.len() + 2].starts_with("\u{2014} keys.example.com/audit "), "{text}");
    let checkpoint = text.find(&format!("{ORIGIN}\n3\n")).unwrap();
    assert_eq!(SignedCheckpoint::parse(&text.as_bytes()[checkpoint..]).as_ref(), Ok(proof.checkpoint()));
    // Of a log with one entry, there is nothing beside it.
    let only = proven(&kept, 0, 1);
    assert!(String::from_utf8(only.bytes()).unwrap().contains("@v1\nindex 0\n\nkeys."));
    assert_eq!(Proof::parse(&only.bytes()), Ok(only));
}

#[test]
fn what_is_spelled_in_another_way_is_no_proof() {
    let text = String::from_utf8(proven(&kept("front"), 1, 3).bytes()).unwrap();
    let beside = BASE64.encode(&tree::leaf(b"another entry").bytes());
    let texts = r#"{"texts":{"note":{"salt":"BwcHBwcHBwcHBwcHBwcHBw","text":"front"}}}"#;
    let cases = [
        (text.replace('\n', "\r\n"), NotAProof::NotText),
        (text.replace("front", "fr\tont"), NotAProof::NotText),
        (text.replace("\n\n", "\n"), NotAProof::EndsEarly),
        (String::new(), NotAProof::EndsEarly),
        (text.replacen("{\"hash\"", "{ \"hash\"", 1), NotAProof::Event(LineFault::NotAnEvent)),
        (format!("\n{text}"), NotAProof::Event(LineFault::NotAnEvent)),
        (text.replacen("\"record\":{", "\"record\":{ ", 1), NotAProof::NotCanonical),
        (text.replace(texts, &texts.replace(":{", ": {")), NotAProof::NotDisclosures),
        (
            text.replace(texts, &texts.replace(r#"{"salt":"BwcHBwcHBwcHBwcHBwcHBw","text":"front"}"#, "1")),
            NotAProof::NotDisclosures,
        ),
        (text.replace(texts, "{\"texts\":{}}"), NotAProof::NotDisclosures),
        (text.replace(texts, &format!("{texts}\n{texts}")), NotAProof::NotDisclosures),
        (
            text.replace(texts, &texts.replace("{\"texts\"", "{\"more\":1,\"texts\"")),
            NotAProof::NotDisclosures,
        ),
        (text.replace("front", "fr\\u006fnt"), NotAProof::NotDisclosures),
        (text.replace("@v1", "@v2"), NotAProof::NotATlogProof),
        (text.replacen("\n\n", "\n\n\n", 1), NotAProof::NotATlogProof),
        (text.replace("@v1\n", "@v1\nextra AAAA\n"), NotAProof::Extra),
        (text.replace("index 1", "index 01"), NotAProof::Index),
        (text.replace("index 1", "index +1"), NotAProof::Index),
        (text.replace("index 1", "index 18446744073709551616"), NotAProof::Index),
        (text.replace("index 1\n", ""), NotAProof::Index),
        (text.replace("index 1", "index 3"), NotAProof::BeyondTheLog { index: 3, size: 3 }),
        // Padding in the middle: 32 bytes, too.
        (text.replacen(&beside, &[&beside[40..], &beside[..40]].concat(), 1), NotAProof::Hash(1)),
        (text.replacen(&beside, &beside[..40], 1), NotAProof::Hash(1)),
        (text.replace(&format!("{beside}\n\n"), &format!("{beside}A\n\n")), NotAProof::Hash(2)),
        (text.replace(&format!("{beside}\n\n"), &format!("{beside}\n \n")), NotAProof::Hash(3)),
        (text.replace("\n\nkeys", "\n\n\nkeys"), NotAProof::NotACheckpoint),
        (format!("{text}\n"), NotAProof::NotACheckpoint),
        (format!("{text}more\n"), NotAProof::NotACheckpoint),
        (text.trim_end().to_owned(), NotAProof::NotACheckpoint),
        (text.replacen("front", &"x".repeat(64 << 10), 1), NotAProof::TooLarge),
    ];
    for (spoilt, fault) in cases {
        assert_eq!(Proof::parse(spoilt.as_bytes()), Err(fault), "{spoilt}");
    }
    assert_eq!(Proof::parse(&[b'{', 0xff]), Err(NotAProof::NotText));
}

#[test]
fn what_does_not_prove_its_event_is_told_precisely() {
    let (pair, key) = signer();
    let keys = [key.clone()];
    let (front, back) = (kept("front"), kept("back"));
    let proof = proven(&front, 1, 3);
    let with = |changed: Proof| changed.check(&keys).expect_err("a fault");
    let other_record = front.chained.canonical().replace("\"number\":1", "\"number\":2");
    let event =
        ChainedRecord::read(other_record, front.chained.previous_hash(), front.chained.hash()).unwrap();
    assert_eq!(with(Proof { event, ..proof.clone() }), ProofFault::NotHashed);
    assert_eq!(with(Proof { event: back.chained, ..proof.clone() }), DisclosureFault::NotTheDigest.into());
    assert_eq!(
        with(Proof { disclosures: back.disclosures, ..proof.clone() }),
        DisclosureFault::NotTheDigest.into()
    );
    let salted = Texts::of([(TextName::OrgName, Some("Acme"))]).salted(&Salts::new([7; RANDOM_BYTES]));
    assert_eq!(with(Proof { disclosures: salted, ..proof.clone() }), DisclosureFault::NotTheDigest.into());
    for (index, size) in [(0, 3), (2, 3), (1, 2)] {
        let inclusion = Inclusion::new(index, size).unwrap();
        assert_eq!(with(Proof { inclusion, ..proof.clone() }), ProofFault::OtherRoot, "{index} of {size}");
    }
    let withheld = Proof { disclosures: Disclosures::default(), ..proof.clone() };
    assert_eq!(withheld.check(&keys), Ok(&key));

    let named = VerifierKey::new("keys.example.com/other".parse().unwrap(), *key.public_key());
    let other_log = ProofFault::OtherLog(ORIGIN.parse().unwrap());
    assert_eq!(
        (proof.check(std::slice::from_ref(&named)), proof.check(&[])),
        (Err(other_log.clone()), Err(other_log))
    );
    let other = VerifierKey::new(key.name().clone(), [9; 32]);
    assert_eq!(proof.check(std::slice::from_ref(&other)), Err(ProofFault::NotSigned(key.short())));
    assert_eq!(proof.check(&[named, other, key.clone()]), Ok(&key));
    // A good signature, by the right key, of a checkpoint of another log.
    let checkpoint = Checkpoint {
        origin: "keys.example.com/other".parse().unwrap(),
        ..proof.checkpoint().checkpoint().clone()
    };
    let signature = pair.sign(checkpoint.to_string().as_bytes()).as_ref().try_into().unwrap();
    let of_other = SignedCheckpoint::new(checkpoint, &key, &signature);
    let other_log = ProofFault::OtherLog("keys.example.com/other".parse().unwrap());
    assert_eq!(with(Proof { checkpoint: of_other, ..proof }), other_log);
}

#[test]
fn a_text_that_an_event_cannot_have_is_refused() {
    use domain::audit_log::{Event, SigningKeyChanged};
    use domain::history::{EventHash, EventRecord, Happening};
    use domain::values::Version;

    let at = EpochMillis::new(1_795_435_200_000);
    let changed =
        SigningKeyChanged { origin: ORIGIN.parse().unwrap(), verifier_key: signer().1, changed_at: at };
    let record = EventRecord {
        happening: Happening::AuditLog(Event::SigningKeyChanged(changed)),
        version: Version::new(1),
        issuer: None,
        recorded_at: at,
        actor: Actor::operator(Subject::parse("operator").unwrap()),
        request_id: "r1".to_owned(),
    };
    let chained = ChainedRecord::after(EventHash::GENESIS, record);
    let withheld = KeptRecord { chained: chained.clone(), disclosures: Disclosures::default() };
    assert_eq!(proven(&withheld, 0, 1).check_unsigned(), Ok(()));
    let forged = KeptRecord { chained, disclosures: kept("front").disclosures };
    assert_eq!(proven(&forged, 0, 1).check_unsigned(), Err(DisclosureFault::NotTheDigest.into()));
}

/// The digest is right, and the text is none that could have been typed.
#[test]
fn a_text_that_keeps_no_rule_of_its_kind_is_refused() {
    use domain::history::EventRecord;

    let (front, long) = (kept("front"), "x".repeat(5_000));
    let disclosures =
        Texts::of([(TextName::Note, Some(long.as_str()))]).salted(&Salts::new([7; RANDOM_BYTES]));
    let digests = serde_json::to_string(&disclosures.digests()).unwrap();
    let said = serde_json::to_string(&front.disclosures.digests()).unwrap();
    let record = EventRecord::parse(&front.chained.canonical().replace(&said, &digests)).unwrap();
    let forged =
        KeptRecord { chained: ChainedRecord::after(front.chained.previous_hash(), record), disclosures };
    let fault = proven(&forged, 0, 1).check_unsigned();
    assert_eq!(fault, Err(DisclosureFault::NotAText.into()));
}
