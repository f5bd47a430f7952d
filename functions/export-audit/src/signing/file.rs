//! A signing key in a file of its owner, as Go's `sumdb/note` writes one down:
//! `PRIVATE+KEY+<name>+<key id, 8 hexadecimal digits>+<base64 of 0x01 and the Ed25519 seed>`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::{BASE64, HEXLOWER};
use domain::values::{Origin, VerifierKey};
use trail::note::Signature;

/// What a file begins with.
const BEGIN: &str = "PRIVATE+KEY+";
/// The kind of key: Ed25519.
const ED25519: u8 = 1;
/// The longest file that is read: a name has at most 255 bytes.
const LONGEST: u64 = 1_024;

/// A signing key that was read from a file.
pub struct KeyFile {
    pair: Ed25519KeyPair,
    verifier_key: VerifierKey,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("KeyFile").field("verifier_key", &self.verifier_key).finish_non_exhaustive()
    }
}

/// Why a file is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileFault {
    /// It cannot be read or written.
    #[error("the signing key's file {0} cannot be used: {1}")]
    File(String, std::io::Error),
    /// Others can read it.
    #[error("the signing key's file {0} is open to others than its owner: `chmod 600` closes it")]
    Open(String),
    /// It holds something else.
    #[error("the signing key's file {0} holds no Ed25519 signing key")]
    NotAKey(String),
}

impl KeyFile {
    /// The signing key in a file that only its owner can read.
    #[expect(clippy::disallowed_methods, reason = "It is read once, before anything else is done.")]
    pub fn read(path: &Path) -> Result<Self, KeyFileFault> {
        let name = || path.display().to_string();
        let faulty = |error| KeyFileFault::File(name(), error);
        let file = std::fs::File::open(path).map_err(faulty)?;
        if is_open_to_others(&file.metadata().map_err(faulty)?) {
            return Err(KeyFileFault::Open(name()));
        }
        let mut text = String::new();
        file.take(LONGEST).read_to_string(&mut text).map_err(faulty)?;
        Self::parse(text.trim_end()).ok_or_else(|| KeyFileFault::NotAKey(name()))
    }

    /// The signing key in a file; one of this seed, which is written there, if it is not there.
    #[expect(clippy::disallowed_methods, reason = "It is made once, before anything else is done.")]
    pub fn read_or_create(path: &Path, origin: &Origin, seed: [u8; 32]) -> Result<Self, KeyFileFault> {
        match Self::read(path) {
            Err(KeyFileFault::File(_, error)) if error.kind() == ErrorKind::NotFound => {}
            read => return read,
        }
        let faulty = |error| KeyFileFault::File(path.display().to_string(), error);
        let key = Self::of_seed(origin.clone(), &seed)
            .ok_or_else(|| KeyFileFault::NotAKey(path.display().to_string()))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let secret = BASE64.encode(&[[ED25519].as_slice(), &seed].concat());
        let mut file = options.open(path).map_err(faulty)?;
        writeln!(file, "{BEGIN}{}+{secret}", key.verifier_key.short()).map_err(faulty)?;
        // Whoever has verified with it once wants it there tomorrow.
        file.sync_all().map_err(faulty)?;
        Ok(key)
    }

    /// The signing key of a seed (RFC 8032, section 5.1.5), under a name.
    #[must_use]
    pub fn of_seed(origin: Origin, seed: &[u8; 32]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let public_key = pair.public_key().as_ref().try_into().ok()?;
        Some(Self { pair, verifier_key: VerifierKey::new(origin, public_key) })
    }

    /// By which its signatures are verified.
    #[must_use]
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.verifier_key
    }

    /// The signature of a text.
    #[must_use]
    pub fn sign(&self, text: impl AsRef<[u8]>) -> Signature {
        let mut signature = [0; 64];
        for (byte, signed) in signature.iter_mut().zip(self.pair.sign(text.as_ref()).as_ref()) {
            *byte = *signed;
        }
        signature
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(BEGIN)?.splitn(3, '+');
        let (name, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let secret = BASE64.decode(secret.as_bytes()).ok()?;
        let (ED25519, seed) = secret.split_first().map(|(kind, seed)| (*kind, seed))? else { return None };
        let key = Self::of_seed(name.parse().ok()?, seed.try_into().ok()?)?;
        (HEXLOWER.encode(&key.verifier_key.id()) == id).then_some(key)
    }
}

#[cfg(unix)]
fn is_open_to_others(file: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of golang.org/x/mod/sumdb/note.
    const OF_GO: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_signing_key_is_read_as_others_write_it() {
        let key = KeyFile::read(file(&format!("{OF_GO}\n")).path()).unwrap();
        let expected = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(key.verifier_key().to_string(), expected);
        assert!(trail::note::is_signature("text", &key.sign("text"), key.verifier_key()));
        assert!(!format!("{key:?}").contains("AYEKFA"), "no secret is told");
        for spoilt in [
            "",
            &OF_GO[1..],
            &OF_GO[..OF_GO.len() - 4],
            &OF_GO.replace("+AY", "+BY"),
            &OF_GO.replace("Peter", "peter"),
            &OF_GO.replace("c74f20a3", "c74f20a4"),
        ] {
            let fault = KeyFile::read(file(spoilt).path()).unwrap_err();
            assert!(matches!(fault, KeyFileFault::NotAKey(_)), "{spoilt}: {fault}");
        }
    }

    #[test]
    fn a_signing_key_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let (path, origin) = (folder.path().join("key"), "local/1".parse().unwrap());
        let new = KeyFile::read_or_create(&path, &origin, [7; 32]).unwrap();
        let again = KeyFile::read_or_create(&path, &"local/2".parse().unwrap(), [8; 32]).unwrap();
        assert_eq!(new.verifier_key(), again.verifier_key());
        assert_eq!(new.verifier_key().name(), &origin);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
            assert!(matches!(KeyFile::read(&path), Err(KeyFileFault::Open(_))));
        }
    }
}
