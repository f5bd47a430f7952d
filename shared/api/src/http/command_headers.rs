//! The headers that mean something to a command: `Idempotency-Key`, and conditions, which it refuses.

use lambda_http::http::HeaderMap;

use super::Fault;

/// The header of an idempotency key.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Conditions on a state (RFC 9110, section 13.1). There is no entity tag that they could name: a version of the whole history
/// would tell one organisation what another does. Ignoring a condition would carry out what was not asked for.
const CONDITIONS: [(&str, &str); 3] = [
    ("if-match", "If-Match"),
    ("if-none-match", "If-None-Match"),
    ("if-unmodified-since", "If-Unmodified-Since"),
];

/// What a command's headers ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommandHeaders {
    /// Answer the same request with the same bytes, and commit it once.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// 1 to 255 visible ASCII characters without comma, chosen by the client, opaque to us. A comma is what gateways join
/// repeated headers with, so that with one in it nobody could tell one key from two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses the header's value.
    pub fn parse(value: &[u8]) -> Result<Self, Fault> {
        let is_good = |byte: u8| byte.is_ascii_graphic() && byte != b',';
        match std::str::from_utf8(value) {
            Ok(text) if (1..=255).contains(&text.len()) && text.bytes().all(is_good) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Fault::outside(
                "The Idempotency-Key header must be 1 to 255 visible ASCII characters without comma.",
            )),
        }
    }

    /// The key as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl CommandHeaders {
    /// Reads the headers and names all their faults.
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
        let conditions = CONDITIONS.into_iter().filter(|(name, _)| headers.contains_key(*name));
        faults.extend(conditions.map(|(_, name)| {
            Fault::outside(format!(
                "A command takes no condition; leave out the {name} header. An Idempotency-Key makes it safe to repeat."
            ))
        }));
        if faults.is_empty() { Ok(Self { idempotency_key }) } else { Err(faults) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idempotency_keys_are_1_to_255_visible_ascii_characters_without_comma() {
        assert!(IdempotencyKey::parse(b"a").is_ok());
        assert!(IdempotencyKey::parse(&[b'~'; 255]).is_ok());
        for bad in [&b""[..], &[b'a'; 256], b"a b", b"a\x7f", "ä".as_bytes(), b"\xff", b"k,k", b","] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_faults_of_all_headers_are_named() {
        let mut headers = HeaderMap::new();
        headers.append(IDEMPOTENCY_KEY, "a".parse().unwrap());
        headers.append(IDEMPOTENCY_KEY, "a".parse().unwrap());
        for (name, _) in CONDITIONS {
            headers.append(name, "\"7\"".parse().unwrap());
        }
        assert_eq!(CommandHeaders::read(&headers).unwrap_err().len(), 4);
    }
}
