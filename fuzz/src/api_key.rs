//! API keys that are presented.

use std::sync::LazyLock;

use domain::api_key::{ApiKeyFault, ApiKeyTerms, PresentedApiKey, RANDOM_BYTES, StoredApiKey, issue};
use domain::values::OrgId;

use crate::NOW;

/// An API key of acme.
pub(crate) static ISSUED: LazyLock<(String, StoredApiKey)> = LazyLock::new(|| issued(&[7; RANDOM_BYTES]));

fn issued(random: &[u8; RANDOM_BYTES]) -> (String, StoredApiKey) {
    let (text, issued) = issue(ApiKeyTerms::of(OrgId::parse("acme").expect("an id"), NOW), random);
    (text, issued.into())
}

/// A presented API key: none but the issued one opens, and of one that the bytes are the chance of, no other spelling is
/// read.
pub fn api_key(bytes: &[u8]) {
    let (text, stored) = &*ISSUED;
    if let Ok(presented) =
        std::str::from_utf8(bytes).map_or(Err(ApiKeyFault::Malformed), PresentedApiKey::parse)
    {
        let verified = presented.verify(Some(stored), NOW);
        assert_eq!(verified.is_ok(), bytes == text.as_bytes());
    }
    let Some((random, [position, byte, ..])) = bytes.split_first_chunk::<RANDOM_BYTES>() else { return };
    let (text, stored) = issued(random);
    let presented = PresentedApiKey::parse(&text).expect("what was issued is read");
    assert_eq!(presented.verify(Some(&stored), NOW), Ok(&stored));
    let mut changed = text.clone().into_bytes();
    let position = usize::from(*position) % changed.len();
    changed[position] = *byte;
    if let Ok(changed) = std::str::from_utf8(&changed) {
        assert_eq!(PresentedApiKey::parse(changed).is_ok(), changed == text, "{changed}");
    }
}
