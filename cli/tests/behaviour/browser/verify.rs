//! The page that checks a proof, opened from its folder as whoever was sent it would.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use data_encoding::BASE64;
use domain::history::EventHash;
use domain::values::Sha256Hash;
use export_audit::signing::KeyFile;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Browser, HOSTILE_NOTE, assert_nothing_is_kept};
use crate::program::folder;
use crate::webdriver::Element;

/// The name of the logs that the tests have.
const ORIGIN: &str = "keys.example.com/audit";
/// The seeds of the signing keys of the export that the format is pinned by: the first one, and the one that followed.
const SEEDS: [u8; 2] = [7, 8];

fn in_workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(path)
}

/// A proof from the export that the format is pinned by.
fn golden(name: &str) -> String {
    std::fs::read_to_string(in_workspace("acceptance/tests/exported/format-2").join(name)).unwrap()
}

fn signing_key(seed: u8) -> KeyFile {
    KeyFile::of_seed(ORIGIN.parse().unwrap(), &[seed; 32]).unwrap()
}

/// The verifier key of whoever signed a proof, and another one of the same log.
fn verifier_keys(proof: &str) -> [String; 2] {
    let signature = BASE64.decode(proof.trim_end().rsplit(' ').next().unwrap().as_bytes()).unwrap();
    let mut keys = SEEDS.map(|seed| signing_key(seed).verifier_key().clone());
    if signature[..4] != keys[0].id() {
        keys.reverse();
    }
    assert_eq!(signature[..4], keys[0].id(), "a key of the tests signed it");
    keys.map(|key| key.to_string())
}

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

/// The page in a browser, and a folder for the files that are chosen in it.
struct Page {
    browser: Browser,
    folder: TempDir,
    files: std::cell::Cell<usize>,
}

impl Page {
    async fn open(width: u32) -> Self {
        let browser = Browser::open(width).await;
        let url = reqwest::Url::from_file_path(in_workspace("pages/verify/index.html")).unwrap();
        browser.session.goto(url.as_str()).await;
        Self { browser, folder: folder(), files: std::cell::Cell::new(0) }
    }

    /// The verdict about a file of these bytes.
    async fn verdict_of(&self, proof: impl AsRef<[u8]>, verifier_key: &str) -> String {
        self.files.set(self.files.get() + 1);
        let path = self.folder.path().join(format!("{}.tlog-proof", self.files.get()));
        std::fs::write(&path, proof).unwrap();
        let path = path.to_str().unwrap();
        self.browser.on_usable("#file", async |field: &Element<'_>| field.give(path).await).await;
        self.browser.fill("#verifier-key", verifier_key).await;
        assert_eq!(self.browser.text("#status").await, "", "what was said of another proof is gone");
        self.verdict().await
    }

    async fn verdict(&self) -> String {
        self.browser.click("form button").await;
        self.browser.reads("#status.good, #status.bad", "").await
    }

    async fn close(self) {
        self.browser.session.close().await;
    }
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_proof_is_checked_in_a_page_without_a_server() {
    let page = Page::open(1_200).await;
    let proof = golden("proof.tlog-proof");
    let [key, other_key] = verifier_keys(&proof);
    let mut lines = proof.split('\n');
    let event: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let disclosures: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let (record, note) = (&event["record"], disclosures["texts"]["note"]["text"].as_str().unwrap());
    let size = proof.rsplit("\n\n").nth(1).unwrap().split('\n').nth(1).unwrap();

    let verdict = page.verdict_of(&proof, &key).await;
    let user = record["aggregateId"].as_str().unwrap();
    let said = format!(
        "is in the log {ORIGIN} as it was signed at {size} entries: Physical key 1 was issued to {user} by acme."
    );
    assert!(verdict.contains(&said), "{verdict}");
    let recorded_at = UNIX_EPOCH + Duration::from_millis(record["recordedAt"].as_u64().unwrap());
    let moment =
        humantime::format_rfc3339_millis(recorded_at).to_string().replace('T', " ").replace('Z', " UTC");
    let facts = page.browser.text("#facts").await;
    for said in
        [note, record["actor"]["id"].as_str().unwrap(), &moment, record["requestId"].as_str().unwrap()]
    {
        assert!(facts.contains(said), "{said}: {facts}");
    }
    let limits = page.browser.text(".limits").await;
    for said in ["last event", "When it was signed", "only one log", "That it is true"] {
        assert!(limits.contains(said), "{said}: {limits}");
    }
    page.browser.keep_screenshot("verify.png").await;

    // Pasted, and without the last line feed, which copying leaves behind.
    page.browser.fill("#pasted", proof.trim_end()).await;
    assert!(page.verdict().await.contains(&said));
    page.browser.fill("#verifier-key", &other_key).await;
    assert!(page.verdict().await.starts_with("Not proven\nNothing is signed by "));

    let removed = golden("removed.tlog-proof");
    let verdict = page.verdict_of(&removed, &verifier_keys(&removed)[0]).await;
    assert!(verdict.contains("was taken back."), "{verdict}");
    assert_nothing_is_kept(&page.browser).await;
    assert_nothing_is_sent(&page.browser).await;
    page.close().await;
}

/// Nothing was loaded but the files beside the page; and what a script in it would send is kept back by its policy.
async fn assert_nothing_is_sent(browser: &Browser) {
    let loaded =
        browser.session.run("return performance.getEntriesByType('resource').map(({ name }) => name)").await;
    let loaded: Vec<_> = loaded.as_array().unwrap().iter().map(|url| url.as_str().unwrap()).collect();
    assert!(loaded.iter().all(|url| url.starts_with("file:") || *url == "data:,"), "{loaded:?}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    // An image, a script, a call; a script in a text that is read as HTML is no script either.
    let attempts = format!(
        "const loads = (name) => new Promise((end) => {{ const made = document.createElement(name);
           Object.assign(made, {{ onload: () => end('sent'), onerror: () => end('kept back') }});
           made.src = '{address}'; document.head.append(made); }});
         const attempts = [() => loads('img'), () => loads('script'), () => fetch('{address}', {{ mode: 'no-cors' }}),
           () => {{ document.body.innerHTML = '<p>'; }}];
         const attempt = async (act) => {{ try {{ return await act(); }} catch {{ return 'kept back'; }} }};
         return Promise.all(attempts.map(attempt));"
    );
    let kept_back = "kept back";
    assert_eq!(browser.session.run(&attempts).await, json!([kept_back, kept_back, kept_back, kept_back]));
    assert!(listener.accept().is_err(), "something was sent");
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_proof_that_was_spoilt_is_refused_in_a_sentence_about_what_is_wrong() {
    let page = Page::open(1_200).await;
    let good = golden("proof.tlog-proof");
    let [key, other_key] = verifier_keys(&good);
    let (hash, salt) = (&good[9..73], good.split("\"salt\":\"").nth(1).unwrap().get(..22).unwrap());
    let (head, tail) = good.split_once("\nindex ").unwrap();
    let (index, rest) = tail.split_once('\n').unwrap();
    let (path, note) = rest.split_once("\n\n").unwrap();
    let size: u64 = note.split('\n').nth(1).unwrap().parse().unwrap();
    let longest: Vec<_> = path.split('\n').collect();
    let with_path = |path: &[&str]| format!("{head}\nindex {index}\n{}\n\n{note}", path.join("\n"));
    let with_index = |index: String| format!("{head}\nindex {index}\n{rest}");
    let signature = note.trim_end().rsplit(' ').next().unwrap();
    let other_letter = |text: &str| if text.starts_with('A') { "B" } else { "A" }.to_owned() + &text[1..];
    let leads_elsewhere = "The path does not lead from this event to the root";
    let not_hashed = "The event is not the one that was hashed";
    let not_the_text = "is not the one that was recorded.";
    let cut_off = "The end of the proof is missing";
    let spoilt: Vec<(Vec<u8>, &str)> = vec![
        (
            good.replacen(hash, &hash.replace(&hash[..1], if hash.starts_with('0') { "1" } else { "0" }), 1)
                .into(),
            not_hashed,
        ),
        (good.replacen("\"version\":", "\"version\":9", 1).into(), not_hashed),
        (good.replacen("previousHash\":\"0", "previousHash\":\"1", 1).into(), not_hashed),
        (with_index((index.parse::<u64>().unwrap() + 1).to_string()).into(), leads_elsewhere),
        (with_index(size.to_string()).into(), "and the log had 13 when it was signed."),
        (with_index(format!("0{index}")).into(), "The line “index”"),
        (with_index("9007199254740992".to_owned()).into(), "The line “index”"),
        (with_path(&longest[1..]).into(), "The path is too short"),
        (with_path(&[&longest[..], &longest[..1]].concat()).into(), "The path is too long"),
        (with_path(&[&[other_letter(longest[0]).as_str()], &longest[1..]].concat()).into(), leads_elsewhere),
        (with_path(&[&longest[..1], &["AAAA"]].concat()).into(), "A hash of the path is not 32 bytes"),
        (good.replace(&format!("\n{size}\n"), "\n12\n").into(), "The signature is not one that"),
        (
            good.replace(&signature[8..], &other_letter(&signature[8..])).into(),
            "The signature is not one that",
        ),
        (good.replace("\"text\":\"", "\"text\":\"x").into(), not_the_text),
        (
            good.replace(&format!("\"salt\":\"{salt}"), &format!("\"salt\":\"{}", other_letter(salt))).into(),
            not_the_text,
        ),
        (good.replace("{\"note\":{", "{\"toString\":{").into(), not_the_text),
        (good.replace("\"salt\":\"", "\"salt\":\"x").into(), "The second line is not what discloses"),
        (
            good.replace("{\"salt\":", "{\"salt\":\"\",\"salt\":").into(),
            "The second line is not what discloses",
        ),
        (good.replace('\n', "\r\n").into(), "The proof has carriage returns"),
        (good.replace("\nindex", "\nextra AAAA\nindex").into(), "The proof has an extra line"),
        (
            good.replace(&format!("\n{size}\n"), &format!("\n0{size}\n")).into(),
            "does not say how many entries",
        ),
        (good.replace("\n\n\u{2014}", "\nmore\n\n\u{2014}").into(), "The checkpoint has a line more"),
        (good.replace("@v1", "@v2").into(), "What follows the event does not begin with"),
        (format!("{good}\n").into(), "The proof ends with a line that is no signature."),
        (format!("{good}more\n").into(), "The proof ends with a line that is no signature."),
        (good.trim_end().into(), cut_off),
        (good[..good.find('\u{2014}').unwrap()].into(), cut_off),
        (format!("{head}\n").into(), "The line “index”"),
        (format!("\u{feff}{good}").into(), "The first line is not an event"),
        (good.replacen("{\"hash\":", "{ \"hash\":", 1).into(), "The first line is not an event"),
        (good.replacen('\n', "\n{}\n", 1).into(), "The second line is not what discloses"),
        ([good.as_bytes(), b"\xff\n"].concat(), "The proof is not UTF-8."),
        (format!("{good}{}", "x".repeat(64 << 10)).into(), "The proof is longer than 64 KiB"),
    ];
    for (proof, sentence) in spoilt {
        let verdict = page.verdict_of(&proof, &key).await;
        let is_refused = verdict.starts_with("Not proven\n") && verdict.contains(sentence);
        assert!(is_refused, "not {sentence}, but {verdict}: {}", String::from_utf8_lossy(&proof));
    }
    page.browser.keep_screenshot("verify-refused.png").await;

    let mistyped = key.replace("+A", "+B");
    let of_another_log = KeyFile::of_seed("keys.example.com/other".parse().unwrap(), &[8; 32]).unwrap();
    for (key, sentence) in [
        (other_key.as_str(), "Nothing is signed by keys.example.com/audit+"),
        (
            &of_another_log.verifier_key().to_string(),
            "The verifier key is of the log keys.example.com/other, and",
        ),
        (&key.replace("/audit", "/Audit"), "something was mistyped"),
        (&mistyped, "is not of the kind Ed25519"),
        (&key[..key.len() - 4], "The verifier key is not whole"),
        (ORIGIN, "The verifier key is none"),
        ("", "The verifier key is none"),
    ] {
        let verdict = page.verdict_of(&good, key).await;
        assert!(verdict.starts_with("Not proven\n") && verdict.contains(sentence), "{key}: {verdict}");
    }
    let witnessed = format!("{good}\u{2014} witness.example/w1 AAAAAAECAwQ=\n");
    assert!(page.verdict_of(&witnessed, &key).await.starts_with("Recorded, and in the log"));
    page.close().await;
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
        let verdict = page.verdict_of(signed(&record, ""), &key).await;
        let is_refused = verdict.starts_with("Not proven\n") && verdict.contains(sentence);
        assert!(is_refused, "not {sentence}, but {verdict}: {}", record.get(..400).unwrap_or(&record));
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

    let verdict = page.verdict_of(proof.replace("rood", "door"), &key).await;
    assert!(verdict.contains("disclosed as note is not the one that was recorded"), "{verdict}");
    page.browser.keep_screenshot("verify-small-refused.png").await;
    page.close().await;
}
