//! Trusted roots by need. Decoding all of the platform's was four fifths of a cold start's instructions, and the
//! endpoints of AWS need Amazon's own alone.

use std::fs;

use memchr::memmem;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
const END: &[u8] = b"-----END CERTIFICATE-----";
/// What Amazon's roots begin with, which is their serial numbers among other things: Amazon Root CA 1 to 4, and Starfield
/// Services Root Certificate Authority - G2 (<https://www.amazontrust.com/repository/>).
const OF_AMAZON: [&[u8]; 5] = [
    b"MIIDQTCCAimgAwIBAgITBmyfz5m/jAo54vB4ikPmljZbyjANBgkqhkiG9w0BAQsF",
    b"MIIFQTCCAymgAwIBAgITBmyf0pY1hp8KD+WGePhbJruKNzANBgkqhkiG9w0BAQwF",
    b"MIIBtjCCAVugAwIBAgITBmyf1XSXNmY/Owua2eiedgPySjAKBggqhkjOPQQDAjA5",
    b"MIIB8jCCAXigAwIBAgITBmyf18G7EEwpQ+Vxe3ssyBrBDjAKBggqhkjOPQQDAzA5",
    b"MIID7zCCAtegAwIBAgIBADANBgkqhkiG9w0BAQsFADCBmDELMAkGA1UEBhMCVVMx",
];

/// Amazon's of the platform's roots, as they are there: none where the roots are a folder, or are not Amazon's.
pub(super) fn of_amazon() -> Vec<u8> {
    #[expect(
        clippy::disallowed_methods,
        reason = "It is read once, before the first request, as the SDK's client does."
    )]
    let file = openssl_probe::probe().cert_file.and_then(|file| fs::read(file).ok());
    select(&file.unwrap_or_default())
}

/// Amazon's of the certificates in a PEM file.
fn select(file: &[u8]) -> Vec<u8> {
    let mut selected = Vec::new();
    for begin in memmem::find_iter(file, BEGIN) {
        let rest = &file[begin..];
        if OF_AMAZON.iter().any(|first| rest[BEGIN.len()..].starts_with(first)) {
            let end = memmem::find(rest, END).map_or(rest.len(), |end| end + END.len());
            selected.extend_from_slice(&rest[..end]);
            selected.push(b'\n');
        }
    }
    selected
}

/// Whether the host of a URL is one whose certificates Amazon signs itself. It decides which roots are tried first, and
/// nothing else.
pub(super) fn is_of_aws(url: &str) -> bool {
    let authority = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = authority.and_then(|authority| authority.split(':').next()).unwrap_or_default();
    host.ends_with(".amazonaws.com") || host.ends_with(".api.aws")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(first_line: &[u8]) -> Vec<u8> {
        [BEGIN, first_line, b"\nAAAA\n", END, b"\n"].concat()
    }

    #[test]
    fn amazons_roots_are_found_among_others() {
        let (first, last) = (certificate(OF_AMAZON[0]), certificate(OF_AMAZON[4]));
        let other = certificate(b"MIIFVzCCAz+gAwIBAgINAgPlk28xsBNJiGuiFzANBgkqhkiG9w0BAQwFADBHMQsw");
        let file = [b"# A comment\n", &*other, &first, &other, &last].concat();
        assert_eq!(select(&file), [first, last].concat());
        assert_eq!(select(&other), b"");
    }

    #[test]
    fn a_file_that_ends_too_early_is_no_reason_to_end() {
        let whole = certificate(OF_AMAZON[0]);
        for length in 0..whole.len() {
            assert!(select(&whole[..length]).len() <= length + 1);
        }
    }

    #[test]
    fn hosts_of_aws_are_told_by_their_names() {
        for url in [
            "https://dynamodb.eu-central-1.amazonaws.com/",
            "https://dynamodb.eu-central-1.api.aws:443",
            "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_a/.well-known/jwks.json",
        ] {
            assert!(is_of_aws(url), "{url}");
        }
        for url in [
            "http://dynamodb.eu-central-1.amazonaws.com/",
            "https://issuer.example/?.amazonaws.com",
            "https://dynamodb.cn-north-1.amazonaws.com.cn/",
            "https://amazonaws.com.example/",
            "https:///",
        ] {
            assert!(!is_of_aws(url), "{url}");
        }
    }
}
