//! The two headers that are part of the one write: `Idempotency-Key` and `If-Match`.

use lambda_http::http::{HeaderMap, header::IF_MATCH};

use super::Fault;
use crate::values::Version;

/// The header of an idempotency key.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What a command asks for besides itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// Answer the same request with the same bytes, and commit it once.
    pub idempotency_key: Option<IdempotencyKey>,
    /// Commit only if the history is at one of these versions.
    pub if_match: Option<IfMatch>,
}

/// 1 to 255 visible ASCII characters, chosen by the client, opaque to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    fn parse(value: &[u8]) -> Result<Self, Fault> {
        let fault =
            || Fault::outside("The Idempotency-Key header must be 1 to 255 visible ASCII characters.");
        match std::str::from_utf8(value) {
            Ok(text)
                if (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(fault()),
        }
    }

    /// The key as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The condition of an `If-Match` header (RFC 9110, section 13.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `*`: the inventory has begun.
    Begun,
    /// One of these versions. Well-formed entity tags that are no versions of ours, weak ones among them, match
    /// nothing and are left out.
    OneOf(Vec<Version>),
}

impl IfMatch {
    /// Reads the header's value: `*`, or a list of entity tags.
    fn parse(value: &str) -> Result<Self, Fault> {
        let fault =
            || Fault::outside("The If-Match header must be `*` or a list of entity tags such as `\"7\"`.");
        let mut rest = value.trim_matches([' ', '\t']);
        if rest == "*" {
            return Ok(Self::Begun);
        }
        let mut versions = Vec::new();
        let mut tags = 0;
        loop {
            // Empty elements of a list are ignored (RFC 9110, section 5.6.1.2).
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() && tags > 0 {
                return Ok(Self::OneOf(versions));
            }
            tags += 1;
            let (weak, tag) = match rest.strip_prefix("W/") {
                Some(tag) => (true, tag),
                None => (false, rest),
            };
            let (opaque, after) =
                tag.strip_prefix('"').and_then(|tag| tag.split_once('"')).ok_or_else(fault)?;
            if !weak {
                versions.extend(version(opaque));
            }
            rest = after.trim_start_matches([' ', '\t']);
            if !rest.is_empty() && !rest.starts_with(',') {
                return Err(fault());
            }
        }
    }

    /// One spelling of the condition, whatever its order and white space were. It is part of what is kept of a
    /// request, so it does not change.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self {
            Self::Begun => "*".to_owned(),
            Self::OneOf(versions) => {
                let mut versions: Vec<_> = versions.iter().map(|version| version.get()).collect();
                versions.sort_unstable();
                versions.dedup();
                versions.iter().map(|version| format!("\"{version}\"")).collect::<Vec<_>>().join(",")
            }
        }
    }

    /// Whether a history at this version meets the condition.
    #[must_use]
    pub fn is_met_by(&self, version: Version) -> bool {
        match self {
            Self::Begun => version != Version::NONE,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }
}

/// The version an entity tag of ours stands for; each version has one spelling.
fn version(opaque: &str) -> Option<Version> {
    let number: u64 = opaque.parse().ok()?;
    (number.to_string() == opaque).then_some(Version::new(number))
}

impl Preconditions {
    /// Reads both headers and names the faults of both.
    pub fn read(headers: &HeaderMap) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
        let idempotency_key = match (keys.next(), keys.next()) {
            (None, _) => None,
            (Some(value), None) => {
                IdempotencyKey::parse(value.as_bytes()).map_err(|fault| faults.push(fault)).ok()
            }
            (Some(_), Some(_)) => {
                faults.push(Fault::outside("The Idempotency-Key header appears more than once."));
                None
            }
        };
        let lines: Vec<_> =
            headers.get_all(IF_MATCH).iter().map(|value| value.to_str().unwrap_or("")).collect();
        let if_match = if lines.is_empty() {
            None
        } else {
            IfMatch::parse(&lines.join(",")).map_err(|fault| faults.push(fault)).ok()
        };
        if faults.is_empty() { Ok(Self { idempotency_key, if_match }) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn if_match(value: &str, expected: Option<&IfMatch>) {
        assert_eq!(IfMatch::parse(value).ok().as_ref(), expected, "{value:?}");
    }

    fn one_of(versions: &[u64]) -> IfMatch {
        IfMatch::OneOf(versions.iter().copied().map(Version::new).collect())
    }

    #[test]
    fn if_match_is_a_star_or_a_list_of_entity_tags() {
        if_match("*", Some(&IfMatch::Begun));
        if_match("\"7\"", Some(&one_of(&[7])));
        if_match(" \"7\" ,\t\"8\"", Some(&one_of(&[7, 8])));
        if_match("\"0\"", Some(&one_of(&[0])));
        if_match(", \"7\",,\"8\" ,", Some(&one_of(&[7, 8])));
    }

    #[test]
    fn entity_tags_that_are_no_versions_match_nothing() {
        for value in ["W/\"7\"", "\"07\"", "\"+7\"", "\"seven\"", "\"\"", "\"99999999999999999999\""] {
            if_match(value, Some(&one_of(&[])));
        }
    }

    #[test]
    fn a_malformed_if_match_is_refused() {
        for value in ["", "7", "\"7", "7\"", "\"7\" \"8\"", ",", "*,\"7\"", "w/\"7\""] {
            if_match(value, None);
        }
    }

    #[test]
    fn a_star_is_met_by_an_inventory_that_has_begun() {
        assert!(!IfMatch::Begun.is_met_by(Version::NONE));
        assert!(IfMatch::Begun.is_met_by(Version::new(1)));
        assert!(one_of(&[0]).is_met_by(Version::NONE));
        assert!(!one_of(&[7]).is_met_by(Version::new(8)));
    }

    #[test]
    fn a_condition_has_one_spelling() {
        assert_eq!(IfMatch::parse("\"8\" , \"7\",\"8\"").unwrap().canonical(), "\"7\",\"8\"");
        assert_eq!(IfMatch::parse("*").unwrap().canonical(), "*");
        assert_eq!(IfMatch::parse("W/\"7\"").unwrap().canonical(), "");
    }

    #[test]
    fn idempotency_keys_are_1_to_255_visible_ascii_characters() {
        assert!(IdempotencyKey::parse(b"a").is_ok());
        assert!(IdempotencyKey::parse(&[b'~'; 255]).is_ok());
        for bad in [&b""[..], &[b'a'; 256], b"a b", b"a\x7f", "ä".as_bytes(), b"\xff"] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn faults_of_both_headers_are_named() {
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, "a".parse().unwrap());
        headers.append(IDEMPOTENCY_KEY, "a".parse().unwrap());
        headers.append(IF_MATCH, "7".parse().unwrap());
        assert_eq!(Preconditions::read(&headers).unwrap_err().len(), 2);
    }
}
