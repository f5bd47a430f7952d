//! Paths of requests.

use api::http::routes::Route;
use api::http::target::percent_decoded;
use domain::values::{KeyNumber, UserId};
use lambda_http::http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A path as it was sent, through the router and into the values of its parameters.
pub fn path(bytes: &[u8]) {
    let Ok(path) = std::str::from_utf8(bytes) else { return };
    let decoded = percent_decoded(path);
    if let Some(decoded) = &decoded {
        let is_encoded =
            |rest: &str| rest.get(..2).is_some_and(|digits| u8::from_str_radix(digits, 16).is_ok());
        assert!(path.split('%').skip(1).all(is_encoded), "a `%` that encodes nothing");
        let encoded = utf8_percent_encode(decoded, NON_ALPHANUMERIC).to_string();
        assert_eq!(percent_decoded(&encoded).as_deref(), Some(decoded.as_ref()));
        let _ = Route::of_decoded(decoded);
    }
    for method in [Method::GET, Method::HEAD, Method::POST] {
        let Some(matched) = Route::find(&method, path) else { continue };
        assert!(matched.route.takes(&method));
        let value = |name: &str| {
            matched.parameters.iter().find(|(found, _)| *found == name).map_or("", |(_, value)| *value)
        };
        assert_eq!(matched.route.path_of(value), path, "a path has one reading");
        for (name, value) in &matched.parameters {
            parameter(name, value);
        }
    }
}

fn parameter(name: &str, encoded: &str) {
    let Some(decoded) = percent_decoded(encoded) else { return };
    if name == "number" {
        if let Ok(number) = KeyNumber::parse_digits(&decoded) {
            let is_beyond = number.get() == u64::MAX && decoded.len() >= 20;
            assert!(is_beyond || number.get().to_string() == decoded, "a number has one spelling: {decoded}");
        }
    } else if let Ok(id) = UserId::parse(decoded.as_ref()) {
        assert_eq!(id.as_str(), decoded);
        assert!((1..=128).contains(&id.as_str().chars().count()) && !matches!(id.as_str(), "." | ".."));
        assert!(!id.as_str().chars().any(char::is_control));
    }
}
