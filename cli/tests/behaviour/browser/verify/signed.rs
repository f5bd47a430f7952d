//! Proofs that are signed well, of records that nobody should have signed, or should read with care.

use data_encoding::BASE64;
use domain::history::EventHash;
use domain::values::Sha256Hash;
use serde_json::{Value, json};

use super::super::HOSTILE_NOTE;
use super::{ORIGIN, Page, SEEDS, signing_key};

/// A proof whose event is the only entry of a log that is signed well, whatever it says.
fn signed(record: &str, disclosures: &str) -> String {
    let hash = EventHash::GENESIS.chain(record).to_string();
    let bytes = data_encoding::HEXLOWER.decode(hash.as_bytes()).unwrap();
    let root = BASE64.encode(&Sha256Hash::of_parts([&[0], &bytes]).bytes());
    let text = format!("{ORIGIN}\n1\n{root}\n");
    let key = signing_key(SEEDS[0]);
    let signature = BASE64.encode(&[key.verifier_key().id().as_slice(), key.sign(&text).as_slice()].concat());
    let zeros = "0".repeat(64);
    format!(
        "{{\"hash\":\"{hash}\",\"previousHash\":\"{zeros}\",\"record\":{record}}}\n{disclosures}\n\
         c2sp.org/tlog-proof@v1\nindex 0\n\n{text}\n\u{2014} {ORIGIN} {signature}\n"
    )
}

/// The record of an event that could have been recorded.
fn record() -> Value {
    let data = json!({"number": 1, "orgId": "acme", "removedAt": 1, "userId": "alice"});
    json!({"actor": {"id": "svc", "orgId": "acme", "type": "service"}, "aggregateId": "alice", "aggregateType": "user",
        "data": data, "format": 2, "issuer": "acme", "recordedAt": 1, "requestId": "r", "type": "PhysicalKeyRemoved",
        "version": 1})
}

/// The record of a physical key that was issued, with these digests.
fn addition(texts: &Value) -> String {
    let mut record = record();
    record["type"] = "PhysicalKeyAdded".into();
    record["data"] = json!({"addedAt": 1, "number": 1, "orgId": "acme", "texts": texts, "userId": "alice"});
    record.to_string()
}

/// What the owner of the signing key could have signed all the same: hash, tree and signature are good.
#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn what_was_signed_and_could_be_read_in_two_ways_is_refused() {
    let page = Page::open(1_200).await;
    let key = signing_key(SEEDS[0]).verifier_key().to_string();
    let good = record().to_string();
    let verdict = page.verdict_of(signed(&good, ""), &key).await;
    assert!(verdict.contains("Physical key 1 of alice, issued by acme, was taken back."), "{verdict}");

    let digests = |texts: &str| good.replace("\"userId\"", &format!("\"texts\":{texts},\"userId\""));
    let not_canonical = "The record is not spelled as RFC 8785 has it";
    for (record, sentence) in [
        (good.replace("\"number\":1", "\"number\":2,\"number\":1"), not_canonical),
        (good.replace("{\"actor\"", "{ \"actor\""), not_canonical),
        (
            good.replace("\"id\":\"svc\",\"orgId\":\"acme\"", "\"orgId\":\"acme\",\"id\":\"svc\""),
            not_canonical,
        ),
        (good.replace("alice", "\\u0061lice"), not_canonical),
        (good.replace("alice", "\\ud800"), not_canonical),
        (good.replace("\"version\":1", "\"version\":1.0"), not_canonical),
        (good.replace("\"version\":1", "\"version\":9007199254740993"), not_canonical),
        (format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)), not_canonical),
        (good.replace("\"format\":2", "\"format\":3"), "The record is not of format 2"),
        (good.replace("\"version\":1", "\"version\":0"), "does not say what every record says"),
        (good.replace("PhysicalKeyRemoved", "PhysicalKeyLost"), "this page does not know: PhysicalKeyLost."),
        (
            good.replace("\"removedAt\":1", "\"removedAt\":\"1\""),
            "does not say what a PhysicalKeyRemoved says",
        ),
        (good.replacen("alice", "bob", 1), "names one history and is an event of another"),
        (
            good.replace("\"issuer\":\"acme\"", "\"issuer\":\"other\""),
            "names one issuer and is an event of another's",
        ),
        (good.replace("\"service\"", "\"nobody\""), "does not say who did it"),
        (digests(&format!("{{\"note\":\"{}\"}}", "A".repeat(43))), "something else than digests"),
        (addition(&json!({"note": "Front door"})), "something else than digests"),
        (addition(&json!("Front door")), "something else than digests"),
    ] {
        page.refuses(signed(&record, ""), &key, sentence).await;
    }
    page.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn what_cannot_be_seen_in_a_proof_is_shown_and_fits_a_small_screen() {
    let page = Page::open(500).await;
    // A window has a least width; what is emulated has not.
    let screen = json!({"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": true});
    page.browser.session.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    let dark = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
    page.browser.session.devtools("Emulation.setEmulatedMedia", dark).await;

    let note = format!(
        "{HOSTILE_NOTE} \u{202e}rood\u{202c} zero\u{200b}width\u{1b}[31m\nno\u{a0}break  {}",
        "long".repeat(60)
    );
    let salt = data_encoding::BASE64URL_NOPAD.encode(&[7; 16]);
    let digest = Sha256Hash::of_parts([&[7; 16], note.as_bytes()]).bytes();
    let texts = json!({"note": data_encoding::BASE64URL_NOPAD.encode(&digest), "orgName": "A".repeat(43)});
    let record = addition(&texts).replace("alice", "ali\u{200d}ce");
    let disclosures = json!({"texts": {"note": {"salt": salt, "text": note}}});
    let proof = signed(&record, &format!("{disclosures}\n"));
    let key = signing_key(SEEDS[0]).verifier_key().to_string();
    let verdict = page.verdict_of(&proof, &key).await;
    assert!(verdict.contains("Physical key 1 was issued to aliU+200Dce by acme."), "{verdict}");
    let facts = page.browser.text("#facts").await;
    let shown = "<img src=x onerror=\"document.title='owned'\"> U+202EroodU+202C zeroU+200BwidthU+001B[31mU+000AnoU+00A0break  long";
    assert!(facts.contains(shown) && facts.contains("Withheld or erased"), "{facts}");
    assert_eq!(page.browser.session.run("return document.querySelectorAll('img').length").await, 0);
    assert_ne!(page.browser.session.title().await, "owned");
    let widths = page.browser.session.run("return [document.documentElement.scrollWidth, innerWidth]").await;
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "{widths}");
    page.browser.session.run("document.getElementById('status').scrollIntoView()").await;
    page.browser.keep_screenshot("verify-small.png").await;

    page.refuses(proof.replace("rood", "door"), &key, "disclosed as note is not the one that was recorded")
        .await;
    page.browser.keep_screenshot("verify-small-refused.png").await;
    page.close().await;
}
