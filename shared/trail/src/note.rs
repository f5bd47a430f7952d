//! A signed note (C2SP `signed-note`): a text, an empty line, and a line for each signature, `— <name> <base64 of key id and
//! signature>`. Witnesses may add lines of their own; whoever does not know a key passes over its line.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::BASE64;
use domain::values::{Origin, VerifierKey};

/// What a line of a signature begins with.
const DASH: &str = "\u{2014} ";
/// An Ed25519 signature (RFC 8032).
pub type Signature = [u8; 64];
/// How many signatures are looked at.
const MOST_SIGNATURES: usize = 100;

/// A text that was signed, by whomever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<SignatureLine>,
}

/// A signature of some kind, by a key that may be known or not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SignatureLine {
    name: Origin,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

/// The bytes are no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no signed note")]
pub struct NotANote;

/// Whether a key made this signature of a text.
#[must_use]
pub fn is_signature(text: &str, signature: &[u8], key: &VerifierKey) -> bool {
    UnparsedPublicKey::new(&ED25519, key.public_key()).verify(text.as_bytes(), signature).is_ok()
}

impl SignedNote {
    /// A text, which ends with a line feed, and the signature of it that this key made.
    #[must_use]
    pub fn new(text: String, key: &VerifierKey, signature: &Signature) -> Self {
        let line =
            SignatureLine { name: key.name().clone(), key_id: key.id(), signature: signature.to_vec() };
        Self { text, signatures: vec![line] }
    }

    /// Reads a note.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotANote> {
        let note = std::str::from_utf8(bytes).map_err(|_| NotANote)?;
        if note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NotANote);
        }
        let (text, lines) = note.rsplit_once("\n\n").ok_or(NotANote)?;
        let lines = lines.strip_suffix('\n').ok_or(NotANote)?;
        let signatures: Option<Vec<_>> = lines.split('\n').take(MOST_SIGNATURES + 1).map(signature).collect();
        let signatures = signatures.filter(|signatures| signatures.len() <= MOST_SIGNATURES);
        Ok(Self { text: format!("{text}\n"), signatures: signatures.ok_or(NotANote)? })
    }

    /// What was signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many signatures it has.
    #[must_use]
    pub fn signatures(&self) -> usize {
        self.signatures.len()
    }

    /// Whether it bears a signature that says that this key made it, and this key did.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifierKey) -> bool {
        self.lines_of(key).any(|line| is_signature(&self.text, &line.signature, key))
    }

    /// Whether it bears a signature that says that this key made it.
    #[must_use]
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.lines_of(key).next().is_some()
    }

    /// Name and key id of whoever signed it first, as it says.
    #[must_use]
    pub fn first_signer(&self) -> String {
        let line = self.signatures.first();
        line.map(|line| format!("{}+{}", line.name, data_encoding::HEXLOWER.encode(&line.key_id)))
            .unwrap_or_default()
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let lines = self.signatures.iter().map(|SignatureLine { name, key_id, signature }| {
            format!("{DASH}{name} {}\n", BASE64.encode(&[key_id.as_slice(), signature].concat()))
        });
        format!("{}\n{}", self.text, lines.collect::<String>()).into_bytes()
    }

    fn lines_of(&self, key: &VerifierKey) -> impl Iterator<Item = &SignatureLine> {
        let id = key.id();
        self.signatures.iter().filter(move |line| line.name == *key.name() && line.key_id == id)
    }
}

fn signature(line: &str) -> Option<SignatureLine> {
    let (name, signature) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = BASE64.decode(signature.as_bytes()).ok()?;
    // The decoder takes padding in the middle, as of two texts one after the other.
    let is_spelled_so = BASE64.encode(&bytes) == signature;
    let (key_id, signature) = bytes.split_first_chunk()?;
    let is_something = !signature.is_empty() && is_spelled_so;
    is_something.then_some(SignatureLine {
        name: name.parse().ok()?,
        key_id: *key_id,
        signature: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use signed_note::{Note, StandardVerifier, VerifierList};

    use super::*;

    /// The example of golang.org/x/mod/sumdb/note.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\
                        \n\u{2014} PeterNeumann \
                        x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key() -> VerifierKey {
        KEY.parse().unwrap()
    }

    #[test]
    fn a_note_that_others_signed_is_verified() {
        let note = SignedNote::parse(NOTE.as_bytes()).unwrap();
        assert!(note.is_signed_by(&key()) && note.names(&key()));
        assert_eq!((note.signatures(), note.first_signer().as_str()), (1, "PeterNeumann+c74f20a3"));
        assert_eq!(note.bytes(), NOTE.as_bytes());
        let changed = SignedNote::parse(NOTE.replace("the answer", "an answer").as_bytes()).unwrap();
        assert!(!changed.is_signed_by(&key()) && changed.names(&key()));
        let named = VerifierKey::new("Peter".parse().unwrap(), *key().public_key());
        assert!(!note.is_signed_by(&named) && !note.names(&named), "another name is another key");
    }

    #[test]
    fn signatures_that_are_not_known_are_passed_over() {
        let witness = "\u{2014} witness.example/w1 AAAAAAECAwQ=\n";
        for more in [format!("{NOTE}{witness}"), NOTE.replace("\n\n", &format!("\n\n{witness}"))] {
            let note = SignedNote::parse(more.as_bytes()).unwrap();
            assert!(note.is_signed_by(&key()) && note.signatures() == 2);
            assert_eq!(note.bytes(), more.as_bytes());
        }
    }

    #[test]
    fn what_others_take_for_no_note_is_none() {
        let line = NOTE.lines().last().unwrap();
        for spoilt in [
            String::new(),
            NOTE.trim_end().to_owned(),
            NOTE.replace("\n\n", "\n"),
            format!("{NOTE}\n"),
            format!("{NOTE}more\n"),
            NOTE.replace('\u{2014}', "-"),
            NOTE.replace("PeterNeumann ", "Peter Neumann "),
            NOTE.replace("AM=\n", "AM\n"),
            NOTE.replace("AM=\n", "AN=\n"),
            // Padding in the middle.
            NOTE.replace("x08go/ZJ", "Qg==x08g"),
            NOTE.replace("nAM=\n", "nAM=QUFB\n"),
            NOTE.replace("problem,\n", "problem,\r\n"),
            NOTE.replace(line, "\u{2014} PeterNeumann x08gow=="),
            format!("{NOTE}{}", format!("{line}\n").repeat(100)),
        ] {
            assert_eq!(SignedNote::parse(spoilt.as_bytes()), Err(NotANote), "{spoilt:?}");
            assert!(Note::from_bytes(spoilt.as_bytes()).is_err(), "{spoilt:?}");
        }
        assert_eq!(SignedNote::parse(&[0xff, b'\n', b'\n']), Err(NotANote));
    }

    #[test]
    fn another_implementation_verifies_what_is_written() {
        use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let public_key = pair.public_key().as_ref().try_into().unwrap();
        let key = VerifierKey::new("keys.example.com/audit".parse().unwrap(), public_key);
        let text = "keys.example.com/audit\n1\nAAAA\n".to_owned();
        let signature = pair.sign(text.as_bytes());
        let note = SignedNote::new(text, &key, signature.as_ref().try_into().unwrap());
        assert!(note.is_signed_by(&key));
        let verifier = StandardVerifier::new(&key.to_string()).unwrap();
        let read = Note::from_bytes(&note.bytes()).unwrap();
        let (known, unknown) = read.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!((known.len(), unknown.len()), (1, 0));
        assert_eq!(SignedNote::parse(&note.bytes()), Ok(note));
    }
}
