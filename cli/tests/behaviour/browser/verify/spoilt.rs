//! A good proof, spoilt in one place each.

use export_audit::signing::KeyFile;

use super::{ORIGIN, Page, golden, verifier_keys};

/// The golden proof, and what it is made of.
struct Good {
    /// The event and its texts, up to the line of the index.
    head: String,
    index: u64,
    path: Vec<String>,
    /// The checkpoint with its signatures.
    note: String,
    size: u64,
    proof: String,
}

/// A spoilt proof, and how the sentence that refuses it goes.
type Spoilt = (Vec<u8>, &'static str);

impl Good {
    fn read() -> Self {
        let proof = golden("proof.tlog-proof");
        let (head, tail) = proof.split_once("\nindex ").unwrap();
        let (index, rest) = tail.split_once('\n').unwrap();
        let (path, note) = rest.split_once("\n\n").unwrap();
        let size = note.split('\n').nth(1).unwrap().parse().unwrap();
        let path = path.split('\n').map(str::to_owned).collect();
        let (head, index, note) = (head.to_owned(), index.parse().unwrap(), note.to_owned());
        Self { head, index, path, note, size, proof }
    }

    fn replaced(&self, from: &str, to: &str) -> Vec<u8> {
        self.proof.replacen(from, to, 1).into()
    }

    fn with_index(&self, index: &str) -> Vec<u8> {
        self.replaced(&format!("\nindex {}\n", self.index), &format!("\nindex {index}\n"))
    }

    fn with_size(&self, size: &str) -> Vec<u8> {
        self.replaced(&format!("\n{}\n", self.size), &format!("\n{size}\n"))
    }

    fn with_path(&self, path: &[String]) -> Vec<u8> {
        let Self { head, index, note, .. } = self;
        format!("{head}\nindex {index}\n{}\n\n{note}", path.join("\n")).into()
    }

    /// With another first hash of the path.
    fn with_first(&self, hash: String) -> Vec<u8> {
        self.with_path(&[&[hash], &self.path[1..]].concat())
    }

    fn spoilt_event(&self) -> Vec<Spoilt> {
        let (hash, salt) =
            (&self.proof[9..73], self.proof.split("\"salt\":\"").nth(1).unwrap().get(..22).unwrap());
        let not_hashed = "The event is not the one that was hashed";
        let not_the_text = "is not the one that was recorded.";
        let no_disclosures = "The second line is not what discloses";
        let salted = |salt: &str| format!("\"salt\":\"{salt}");
        vec![
            (self.replaced(hash, &other_first(hash)), not_hashed),
            (self.replaced("\"version\":", "\"version\":9"), not_hashed),
            (self.replaced("previousHash\":\"0", "previousHash\":\"1"), not_hashed),
            (self.replaced("\"text\":\"", "\"text\":\"x"), not_the_text),
            (self.replaced(&salted(salt), &salted(&other_first(salt))), not_the_text),
            (self.replaced("\"orgName\":{\"salt\"", "\"toString\":{\"salt\""), not_the_text),
            (self.replaced("\"salt\":\"", "\"salt\":\"x"), no_disclosures),
            (self.replaced("{\"salt\":", "{\"salt\":\"\",\"salt\":"), no_disclosures),
            (self.replaced("\n", "\n{}\n"), no_disclosures),
            (self.replaced("\n\n", "\n{}\n\n"), "There is more before the first empty line"),
            (self.replaced("{\"hash\":", "{ \"hash\":"), "The first line is not an event"),
            (format!("\u{feff}{}", self.proof).into(), "The first line is not an event"),
        ]
    }

    fn spoilt_path(&self) -> Vec<Spoilt> {
        let leads_elsewhere = "The path does not lead from this event to the root";
        let (no_index, no_hash) = ("The line “index”", "A hash of the path is not 32 bytes");
        let first = &self.path[0];
        vec![
            (self.with_index(&(self.index + 1).to_string()), leads_elsewhere),
            (self.with_index(&self.size.to_string()), "when it was signed."),
            (self.with_index(&format!("0{}", self.index)), no_index),
            (self.with_index("9007199254740992"), no_index),
            (self.with_path(&self.path[1..]), "The path is too short"),
            (self.with_path(&[&self.path[..], &self.path[..1]].concat()), "The path is too long"),
            (self.with_first(other_first(first)), leads_elsewhere),
            (self.with_first(with_spare_bits(first)), no_hash),
            (self.with_first("AAAA".to_owned()), no_hash),
        ]
    }

    fn spoilt_rest(&self) -> Vec<Spoilt> {
        let proof = &self.proof;
        let (cut_off, no_signature) =
            ("The end of the proof is missing", "The proof ends with a line that is no signature.");
        let made_by_another = "The signature is not one that";
        let signature = &proof.trim_end().rsplit(' ').next().unwrap()[8..];
        let unsigned = proof.find('\u{2014}').unwrap();
        vec![
            (self.with_size(&(self.size - 1).to_string()), made_by_another),
            (self.replaced(signature, &other_first(signature)), made_by_another),
            (self.with_size(&format!("0{}", self.size)), "does not say how many entries"),
            (self.replaced("\n\n\u{2014}", "\nmore\n\n\u{2014}"), "The checkpoint has a line more"),
            (self.replaced("@v1", "@v2"), "What follows the event does not begin with"),
            (self.replaced("\nindex", "\nextra AAAA\nindex"), "The proof has an extra line"),
            (proof.replace('\n', "\r\n").into(), "The proof has carriage returns"),
            (format!("{proof}\n").into(), no_signature),
            (format!("{proof}more\n").into(), no_signature),
            (proof.trim_end().into(), cut_off),
            (proof[..unsigned].into(), cut_off),
            (format!("{}\n", self.head).into(), "The line “index”"),
            ([proof.as_bytes(), b"\xff\n"].concat(), "The proof is not UTF-8."),
            (format!("{proof}{}", "x".repeat(64 << 10)).into(), "The proof is longer than 64 KiB"),
        ]
    }
}

/// The same with another first character, of those that hexadecimal digits and base64 have.
fn other_first(text: &str) -> String {
    if text.starts_with('1') { "2" } else { "1" }.to_owned() + &text[1..]
}

/// The same 32 bytes, by a base64 that has a bit set which is none of theirs.
fn with_spare_bits(hash: &str) -> String {
    let (head, last) = hash.strip_suffix('=').unwrap().split_at(hash.len() - 2);
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let place = letters.find(last).unwrap();
    format!("{head}{}=", &letters[place + 1..place + 2])
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_proof_that_was_spoilt_is_refused_in_a_sentence_about_what_is_wrong() {
    let page = Page::open(1_200).await;
    let good = Good::read();
    let [key, _] = verifier_keys(&good.proof);
    for (proof, sentence) in [good.spoilt_event(), good.spoilt_path(), good.spoilt_rest()].concat() {
        page.refuses(proof, &key, sentence).await;
    }
    page.browser.keep_screenshot("verify-refused.png").await;
    let witnessed = format!("{}\u{2014} witness.example/w1 AAAAAAECAwQ=\n", good.proof);
    assert!(page.verdict_of(&witnessed, &key).await.starts_with("Recorded, and in the log"));
    page.close().await;
}

#[tokio::test]
#[ignore = "needs Chromium and its driver"]
async fn a_proof_is_refused_with_a_verifier_key_that_is_another_one_or_none() {
    let page = Page::open(1_200).await;
    let good = golden("proof.tlog-proof");
    let [key, other_key] = verifier_keys(&good);
    let of_another_log = KeyFile::of_seed("keys.example.com/other".parse().unwrap(), &[8; 32]).unwrap();
    let of_another_log = of_another_log.verifier_key().to_string();
    for (key, sentence) in [
        (other_key.as_str(), "Nothing is signed by keys.example.com/audit+"),
        (&of_another_log, "The verifier key is of the log keys.example.com/other, and"),
        (&key.replace("/audit", "/Audit"), "something was mistyped"),
        (&key.replace("+A", "+B"), "is not of the kind Ed25519"),
        (&key[..key.len() - 4], "The verifier key is not whole"),
        (ORIGIN, "The verifier key is none"),
        ("", "The verifier key is none"),
    ] {
        page.refuses(&good, key, sentence).await;
    }
    page.close().await;
}
