//! An organisation's events taken out of a log as proofs, and events found by their receipts: without any that are another's, and without
//! leaving out in silence what cannot be read.

use std::collections::BTreeMap;

use acceptance::trail::first_hour;
use domain::history::{ChainedRecord, EventHash};
use domain::values::{Hour, OrgId};
use trail::archive::Archive;
use trail::manifest::events_path;
use trail::of_org::{self, prove_all};
use trail::proof::Proof;
use trail::prove::Prover;
use trail::seek::{Wanted, seek, seek_hashes};

use crate::audit_proof::{Scene, checked, events, of, scene};

/// Every proof of an organisation's events, by its index.
async fn proofs_of(
    scene: &Scene,
    org: &str,
    hours: std::ops::Range<Hour>,
    discloses: bool,
) -> BTreeMap<u64, Proof> {
    let (archive, mut proofs) = (&scene.log.archive, BTreeMap::new());
    let listing = archive.list().await.expect("a listing");
    let texts = discloses.then_some(&scene.texts.archive);
    let wanted = of_org::Wanted { org: OrgId::parse(org).expect("an organisation id"), hours, texts };
    let unreadable = prove_all(archive, &listing, &wanted, |proof| {
        proofs.insert(proof.inclusion().index(), proof);
        Ok(())
    });
    assert_eq!(unreadable.await.expect("proofs").count(), 0);
    proofs
}

fn all_hours() -> std::ops::Range<Hour> {
    Hour::default()..Hour::new(u64::MAX)
}

#[tokio::test]
async fn an_organisation_takes_its_own_events_and_nothing_of_another() {
    let scene = scene().await;
    let proofs = proofs_of(&scene, "acme", all_hours(), true).await;
    assert_eq!(proofs.keys().copied().collect::<Vec<_>>(), [0, 2, 3, 5, 9]);
    let others: Vec<_> = events(&scene.log).await.into_iter().filter(|event| is_of(event, "rival")).collect();
    assert_eq!(others.len(), 4);
    for proof in proofs.values() {
        assert!(is_of(proof.event(), "acme"));
        let bytes = proof.bytes();
        assert_eq!(checked(&bytes), Ok(()));
        let text = String::from_utf8(bytes).expect("text");
        for others in ["rival", "rolf", "cellar", "vault"] {
            assert!(!text.contains(others), "{others}: {text}");
        }
        for other in &others {
            // The hash of what was before it in its history is in what was hashed, whoever issued that.
            let rest = text.replacen(&format!("\"previousHash\":\"{}\"", other.hash()), "", 1);
            let base64 = data_encoding::BASE64.encode(&other.hash().bytes());
            assert!(!rest.contains(&other.hash().to_string()) && !rest.contains(&base64), "{text}");
        }
    }
    let texts: Vec<_> = proofs.values().filter(|proof| !proof.disclosures().is_empty()).collect();
    assert_eq!(texts.len(), 3, "two of Alice's notes and Bob's");
    let withheld = proofs_of(&scene, "acme", all_hours(), false).await;
    assert!(withheld.values().all(|proof| proof.disclosures().is_empty()));
    assert_eq!(withheld.len(), proofs.len());
}

fn is_of(event: &ChainedRecord, org: &str) -> bool {
    event.record().issuer.as_ref().is_some_and(|issuer| issuer.as_str() == org)
}

#[tokio::test]
async fn an_organisations_events_are_taken_out_by_the_hours_of_their_files() {
    let scene = scene().await;
    let last = first_hour().next().next();
    for (hours, expected) in [
        (last..last.next(), vec![9]),
        (first_hour()..last, vec![0, 2, 3, 5]),
        (first_hour().next()..last, vec![]),
        (last.next()..Hour::new(u64::MAX), vec![]),
    ] {
        let proofs = proofs_of(&scene, "acme", hours.clone(), false).await;
        assert_eq!(proofs.keys().copied().collect::<Vec<_>>(), expected, "{hours:?}");
        let newest = scene.log.newest().await;
        assert!(proofs.values().all(|proof| *proof.checkpoint() == newest), "all against one checkpoint");
    }
}

#[tokio::test]
async fn what_cannot_be_read_could_be_the_event_that_is_looked_for() {
    let scene = scene().await;
    let path = events_path(first_hour());
    let (archive, bytes) = (&scene.log.archive, scene.log.get(&path).await);
    let mut lines = scene.log.lines(first_hour()).await;
    lines[3] = lines[3].replace("\"number\":1", "\"number\":2");
    scene.log.write(&path, &crate::audit_tampering::gzip(&lines, flate2::Compression::default()));
    let listing = archive.list().await.expect("a listing");
    let said = [format!("{path}, line 4: changed: the event is not the one that was hashed")];
    let told = |faults: &trail::fault::Faults| {
        faults.first_ones().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let (found, unreadable) = seek(archive, &listing, None, &of("bob", 1)).await.expect("a search");
    assert_eq!((found, told(&unreadable)), (None, said.to_vec()));
    let (found, unreadable) = seek_hashes(archive, &listing, &scene.receipts).await.expect("a search");
    assert_eq!((found.len(), told(&unreadable)), (scene.receipts.len() - 1, said.to_vec()));
    let org = OrgId::parse("acme").expect("an organisation id");
    let wanted = of_org::Wanted { org, hours: all_hours(), texts: None };
    let mut proofs = 0;
    let unreadable = prove_all(archive, &listing, &wanted, |_| {
        proofs += 1;
        Ok(())
    });
    assert_eq!((told(&unreadable.await.expect("proofs")), proofs), (said.to_vec(), 4));

    std::fs::remove_file(scene.log.file(&path)).expect("a file");
    let listing = archive.list().await.expect("a listing");
    let (found, unreadable) = seek(archive, &listing, None, &of("bob", 1)).await.expect("a search");
    assert_eq!(
        (found, told(&unreadable)),
        (None, vec![format!("{path}: removed: the hour has no file of events")])
    );
    // What comes after it is proven: the checkpoint before its hour says where it is.
    let proof = prove_after_a_gap(archive, &of("alice", 4)).await;
    assert_eq!(checked(&proof.bytes()), Ok(()));
    scene.log.write(&path, &bytes);
}

async fn prove_after_a_gap(log: &Archive, wanted: &Wanted) -> Proof {
    let listing = log.list().await.expect("a listing");
    let (found, _) = seek(log, &listing, None, wanted).await.expect("a search");
    let (numbered, disclosures) = found.expect("the event is there");
    let mut prover = Prover::new(log, &listing).await.expect("a finished hour");
    prover.prove(numbered, disclosures).await.expect("a proof")
}

#[tokio::test]
async fn a_receipt_finds_its_event_and_nothing_else() {
    let Scene { log, receipts, .. } = scene().await;
    let listing = log.archive.list().await.expect("a listing");
    let unknown = EventHash::from_bytes([7; 32]);
    let wanted = [&receipts[..], &[unknown, receipts[0]]].concat();
    let (found, unreadable) = seek_hashes(&log.archive, &listing, &wanted).await.expect("a search");
    assert_eq!((found.len(), unreadable.count()), (receipts.len(), 0));
    assert!(!found.contains_key(&unknown));
    let told = |receipt: &EventHash| {
        let numbered = &found[receipt];
        let record = numbered.event.record();
        let history = record.happening.history();
        format!("{}: version {} of {history}, {:?}", numbered.place, record.version, numbered.index)
    };
    let (first, last) = (events_path(first_hour()), events_path(first_hour().next().next()));
    let expected = [
        format!("{first}, line 1: version 1 of user \"alice\", Some(0)"),
        format!("{first}, line 2: version 2 of user \"alice\", Some(1)"),
        format!("{first}, line 3: version 3 of user \"alice\", Some(2)"),
        format!("{first}, line 4: version 1 of user \"bob\", Some(3)"),
        format!("{first}, line 5: version 1 of user \"rolf\", Some(4)"),
        format!("{last}, line 1: version 4 of user \"alice\", Some(9)"),
        format!("{last}, line 2: version 2 of user \"rolf\", Some(10)"),
    ];
    assert_eq!(receipts.iter().map(told).collect::<Vec<_>>(), expected);
}
