//! The public half of a signing key, as C2SP `signed-note` writes it down.

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::{Origin, Sha256Hash};

/// The kind of key that this program knows: Ed25519 (C2SP `signed-note`, signature types).
const ED25519: u8 = 1;

/// Whose signatures a log's checkpoints bear: `<name>+<key id, 8 hexadecimal digits>+<base64 of 0x01 and the Ed25519 public key>`.
/// It is no secret. The key id is the beginning of the SHA-256 of name and public key, so a verifier key that was mistyped is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierKey {
    name: Origin,
    public_key: [u8; 32],
}

/// Why a text is no verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAVerifierKey {
    /// It has other parts.
    #[error(
        "must be a verifier key such as keys.example.com/audit+0f1e2d3c+AQ…, as `physical-keys audit key` prints it"
    )]
    Malformed,
    /// It is of a kind that is not known here.
    #[error("must be a verifier key of the kind Ed25519")]
    OtherKind,
    /// Its parts do not belong together.
    #[error("has a key id that is not the one of its name and public key: something was mistyped")]
    OtherId,
}

impl VerifierKey {
    /// The verifier key of a public key that signs under a name.
    #[must_use]
    pub const fn new(name: Origin, public_key: [u8; 32]) -> Self {
        Self { name, public_key }
    }

    /// The name that it signs under: the one of the log.
    #[must_use]
    pub const fn name(&self) -> &Origin {
        &self.name
    }

    /// The Ed25519 public key (RFC 8032).
    #[must_use]
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.public_key
    }

    /// What a signature says of the key that made it.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let name = self.name.as_str().as_bytes();
        let [a, b, c, d, ..] =
            Sha256Hash::of_parts([name, b"\n", &[ED25519], self.public_key.as_slice()]).bytes();
        [a, b, c, d]
    }

    /// Name and key id: enough to tell one key of a log from another.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{}+{}", self.name, HEXLOWER.encode(&self.id()))
    }
}

impl std::fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = [[ED25519].as_slice(), &self.public_key].concat();
        write!(formatter, "{}+{}", self.short(), BASE64.encode(&key))
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = NotAVerifierKey;

    fn from_str(text: &str) -> Result<Self, NotAVerifierKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAVerifierKey::Malformed);
        };
        let name = name.parse().map_err(|_| NotAVerifierKey::Malformed)?;
        let key = BASE64.decode(key.as_bytes()).map_err(|_| NotAVerifierKey::Malformed)?;
        let public_key = match key.split_first() {
            Some((&ED25519, public_key)) => public_key.try_into().map_err(|_| NotAVerifierKey::Malformed)?,
            Some(_) => return Err(NotAVerifierKey::OtherKind),
            None => return Err(NotAVerifierKey::Malformed),
        };
        let read = Self { name, public_key };
        if HEXLOWER.encode(&read.id()) != id {
            return Err(NotAVerifierKey::OtherId);
        }
        // The decoder takes padding in the middle, as of two texts one after the other.
        if read.to_string() == text { Ok(read) } else { Err(NotAVerifierKey::Malformed) }
    }
}

impl TryFrom<String> for VerifierKey {
    type Error = NotAVerifierKey;

    fn try_from(text: String) -> Result<Self, NotAVerifierKey> {
        text.parse()
    }
}

impl From<VerifierKey> for String {
    fn from(key: VerifierKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note.
    const OF_GO: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    #[test]
    fn a_verifier_key_is_read_as_others_write_it_and_in_no_other_spelling() {
        let key: VerifierKey = OF_GO.parse().unwrap();
        assert_eq!((key.to_string().as_str(), key.short().as_str()), (OF_GO, "PeterNeumann+c74f20a3"));
        assert_eq!(VerifierKey::new(key.name().clone(), *key.public_key()), key);
        let faults = [
            ("", NotAVerifierKey::Malformed),
            ("PeterNeumann", NotAVerifierKey::Malformed),
            ("PeterNeumann+c74f20a3", NotAVerifierKey::Malformed),
            ("PeterNeumann+c74f20a3+", NotAVerifierKey::Malformed),
            (&OF_GO[..OF_GO.len() - 4], NotAVerifierKey::Malformed),
            (&format!("{OF_GO} "), NotAVerifierKey::Malformed),
            // The same bytes, with padding in the middle.
            (
                "PeterNeumann+c74f20a3+AQ==GlzZBxQ8OExB6DDFvOEqqIF+xWSaqr8sMTiLNbLXRNY=",
                NotAVerifierKey::Malformed,
            ),
            (&OF_GO.replace("+AR", "+BR"), NotAVerifierKey::OtherKind),
            (&OF_GO.replace("Peter", "peter"), NotAVerifierKey::OtherId),
            (&OF_GO.replace("c74f20a3", "C74F20A3"), NotAVerifierKey::OtherId),
            (&OF_GO.replace("10TW", "10TX"), NotAVerifierKey::OtherId),
        ];
        for (text, fault) in faults {
            assert_eq!(text.parse::<VerifierKey>(), Err(fault), "{text}");
        }
    }
}
