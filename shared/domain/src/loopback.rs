//! What may travel without TLS: what does not leave this machine. Signing keys, credentials and exports go by this rule.

use std::net::IpAddr;

/// Whether a URL's host is this machine, and no other whatever a name server says.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    // An IPv6 address is in brackets in a URL (RFC 3986, section 3.2.2).
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // Resolvers must not ask anybody for `localhost` (RFC 6761, section 6.3).
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_told_from_every_other() {
        for host in ["127.0.0.1", "127.8.0.1", "localhost", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "127.0.0.1.example",
            "localhost.example",
            "LOCALHOST.example",
            "0.0.0.0",
            "10.0.0.1",
            "[::]",
            "[::ffff:127.0.0.1]",
            "127.1",
            "[127.0.0.1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
