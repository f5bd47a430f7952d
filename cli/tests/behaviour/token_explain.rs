//! `token explain`: what the rules make of a token, by the exit code and in words.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;

use crate::program::{Run, inventory, run, run_on};

/// A deployment whose tokens are none of the local issuer's.
const ELSEWHERE: [(&str, &str); 6] = [
    ("JWT_ISSUER", "https://issuer.example"),
    ("JWT_AUDIENCE", "keys,doors"),
    ("JWT_CLIENTS", "portal"),
    ("JWT_JWKS_URL", "http://127.0.0.1:9/jwks.json"),
    ("JWT_SERVICE_CLAIM", "gty=client-credentials,scope=keys:service"),
    ("JWT_MANAGER_CLAIM", "groups=key-managers/{org}"),
];

fn token(folder: &Path, arguments: &[&str]) -> String {
    let run = run(&[&["token"], arguments].concat(), folder, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.stdout
}

fn explain(token: &str, arguments: &[&str], folder: &Path, environment: &[(&str, &str)]) -> Run {
    let run = run_on(token, &[&["token", "explain"], arguments].concat(), folder, environment);
    if let Some((_, signature)) = token.trim().rsplit_once('.').filter(|(_, signature)| !signature.is_empty())
    {
        assert!(!run.stdout.contains(signature) && !run.stderr.contains(signature), "{run:?}");
    }
    run
}

/// A token that nobody signed.
fn unsigned(claims: &str) -> String {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    format!("{}.{}.{}", part(r#"{"alg":"EdDSA","kid":"local"}"#), part(claims), part("signature"))
}

/// Lines of an explanation without the moments, of which each run has others.
fn rows(run: &Run) -> Vec<&str> {
    let is_of_time = |line: &&str| line.contains(" expiry ") || line.starts_with("By the rules of ");
    run.stdout.lines().filter(|line| !is_of_time(line)).collect()
}

#[test]
fn a_token_of_the_local_server_is_explained_out_of_the_box() {
    let folder = inventory();
    let token = token(folder.path(), &["--user", "mia", "--org", "acme", "--key-manager"]);
    let explained = explain(&token, &[], folder.path(), &[]);
    assert_eq!((explained.code, explained.stderr.as_str()), (Some(0), ""));
    let expected = r#"The token is accepted: a key manager, mia, of the organisation acme.

  yes  key id        kid is "local"
  yes  header        it has alg, kid, typ
  yes  type          typ is "JWT"
  yes  algorithm     alg is "EdDSA"
  yes  signature     by a key of the local server's key set
  yes  issuer        iss is "physical-keys-local"; has to be "physical-keys-local" (JWT_ISSUER)
  yes  audience      aud is "physical-keys"; has to be or hold "physical-keys" (JWT_AUDIENCE)
  yes  client        there is no client_id, azp, cid, appid; any will do (JWT_CLIENTS is not set)
  yes  use           there is no token_use, typ, at_hash, nonce; has to be an access token's
  yes  acts for      there is no act; has to be absent
  yes  bound to      there is no cnf; has to be absent
  yes  start         there is no nbf; need not be there
  yes  organisation  org_id is "acme"
  yes  user          sub is "mia"

It is a service's if all of this holds (JWT_SERVICE_CLAIM):
  no   gty=client-credentials: there is no gty; has to be or hold "client-credentials"
It is a key manager's if all of this holds (JWT_MANAGER_CLAIM):
  yes  groups=key-managers/{org}: groups is ["key-managers/acme"]; has to be or hold "key-managers/acme"
So it is a key manager's.

What it is good for, with REQUIRED_CREDENTIALS=both:
  By itself: adds, removes and lists the physical keys of acme in any inventory.
  With an API key of acme: adds, removes and lists the physical keys of acme in any inventory.
  acme has to be registered and open (403 unknown_organisation otherwise), which is not looked at here."#;
    assert_eq!(rows(&explained), expected.lines().collect::<Vec<_>>());
    let expiry = explained.stdout.lines().find(|line| line.contains(" expiry ")).unwrap();
    for part in
        ["  yes  expiry        exp is ", "Z, in ", "; at most 24 h ahead (", "; it was issued (iat) ", " ago"]
    {
        assert!(expiry.contains(part), "{expiry}");
    }
}

#[test]
fn a_token_that_is_not_enough_by_itself_is_told_so() {
    let folder = inventory();
    let person = token(folder.path(), &["--user", "alice"]);
    let both = explain(&person, &[], folder.path(), &[]);
    assert_eq!(both.code, Some(0));
    assert!(
        both.stdout.contains("\n  By itself for nothing (401): an API key has to be sent, too.\n"),
        "{both:?}"
    );
    let either = explain(&person, &["--required-credentials", "either"], folder.path(), &[]);
    let reads = "\n  By itself: lists physical keys in the inventory of alice; a command is refused (403 organisation_required).\n";
    assert!(either.stdout.contains(reads), "{either:?}");
    let service = token(folder.path(), &["--org", "acme"]);
    let explained = explain(&service, &[], folder.path(), &[]);
    assert!(
        explained
            .stdout
            .starts_with("The token is accepted: a service, service@acme, of the organisation acme.\n")
    );
    assert!(explained.stdout.contains("\n  yes  service       sub is \"service@acme\"\n"), "{explained:?}");
}

#[test]
fn every_reason_is_told_at_once_whether_or_not_the_signature_is_verified() {
    let folder = inventory();
    let service = token(folder.path(), &["--org", "acme", "--ttl", "48h"]);
    let explained = explain(&service, &["--offline"], folder.path(), &ELSEWHERE);
    assert_eq!(explained.code, Some(1));
    let expected = "The token is refused (401):
  The bearer token is from another issuer.
  The bearer token is for another audience.
  The bearer token was issued to another client.
  The bearer token is valid for too long. Get one that expires earlier.

By the rules of the environment, at ";
    assert!(explained.stdout.starts_with(expected), "{explained:?}");
    for line in [
        "  ?    signature     not verified: the keys are not known",
        r#"  NO   issuer        iss is "physical-keys-local"; has to be "https://issuer.example" (JWT_ISSUER)"#,
        r#"  NO   audience      aud is "physical-keys"; has to be or hold "keys" or "doors" (JWT_AUDIENCE)"#,
        r#"  NO   client        there is no client_id, azp, cid, appid; has to be "portal" (JWT_CLIENTS)"#,
        r#"  yes  gty=client-credentials: gty is "client-credentials"; has to be or hold "client-credentials""#,
        r#"  no   scope=keys:service: there is no scope; has to be or hold "keys:service""#,
        "So it is a person's, as every other token.",
    ] {
        assert!(explained.stdout.lines().any(|told| told == line), "{line}\n{}", explained.stdout);
    }
    assert!(!explained.stdout.contains("What it is good for"), "{explained:?}");
}

#[test]
fn a_token_whose_signature_was_not_verified_is_neither_accepted_nor_refused() {
    let folder = inventory();
    let person = token(folder.path(), &["--user", "alice"]);
    let neither = "The token is neither accepted nor refused, because its signature was not verified (503).\n  If it is good: a person, alice, ";
    let offline = explain(&person, &["--offline"], folder.path(), &[]);
    assert_eq!(offline.code, Some(2));
    assert!(offline.stdout.starts_with(neither), "{offline:?}");
    let unreachable =
        [("JWT_ISSUER", "physical-keys-local"), ("JWT_AUDIENCE", "physical-keys"), ELSEWHERE[3]];
    let explained = explain(&person, &[], folder.path(), &unreachable);
    assert_eq!(explained.code, Some(2));
    assert!(explained.stdout.starts_with(neither), "{explained:?}");
    assert!(explained.stderr.contains("the signing keys could not be fetched"), "{explained:?}");

    std::fs::write(folder.path().join("jwks.json"), run(&["jwks"], folder.path(), &[]).stdout).unwrap();
    let verified = explain(&person, &["--jwks", "jwks.json"], folder.path(), &unreachable[..2]);
    assert_eq!((verified.code, verified.stderr.as_str()), (Some(0), ""), "{verified:?}");
    assert!(
        verified.stdout.contains("  yes  signature     by a key of the key set in jwks.json\n"),
        "{verified:?}"
    );
    run(&["table", "create", "--data", "others"], folder.path(), &[]);
    let others = run(&["jwks", "--data", "others"], folder.path(), &[]);
    std::fs::write(folder.path().join("jwks.json"), others.stdout).unwrap();
    let forged = explain(&person, &["--jwks", "jwks.json"], folder.path(), &unreachable[..2]);
    assert_eq!(forged.code, Some(1));
    let refused = "The token is refused (401):\n  The bearer token's signature is not valid.\n\n";
    assert!(forged.stdout.starts_with(refused), "{forged:?}");
}

#[test]
fn a_token_is_read_from_standard_input_or_the_environment_and_never_from_an_argument() {
    let folder = inventory();
    let (alice, bob) = (token(folder.path(), &["--user", "alice"]), token(folder.path(), &["--user", "bob"]));
    let of_environment = [("PHYSICAL_KEYS_TOKEN", bob.trim())];
    for (input, whose) in [("", "bob"), (" \n", "bob"), (alice.as_str(), "alice")] {
        let explained = explain(input, &[], folder.path(), &of_environment);
        assert!(
            explained.stdout.starts_with(&format!("The token is accepted: a person, {whose}, ")),
            "{explained:?}"
        );
    }
    let nothing = explain("", &[], folder.path(), &[]);
    let sentence = "Give the token on standard input, or as PHYSICAL_KEYS_TOKEN.\n";
    assert_eq!((nothing.code, nothing.stdout.as_str(), nothing.stderr.as_str()), (Some(2), "", sentence));
    assert_eq!(run(&["token", "explain", alice.trim()], folder.path(), &[]).code, Some(2));
    let malformed = explain("not a token", &[], folder.path(), &[]);
    let refused = "The token is refused (401):\n  The bearer token is not a signed JSON Web Token.\n";
    assert_eq!((malformed.code, malformed.stdout.as_str()), (Some(1), refused));
    let unusable = explain(&alice, &["--offline"], folder.path(), &[("JWT_AUDIENCE", "keys")]);
    assert_eq!((unusable.code, unusable.stderr.as_str()), (Some(2), "JWT_ISSUER is not set.\n"));
}

#[test]
fn what_no_rule_looked_at_is_not_shown_and_what_is_shown_cannot_steer_a_terminal() {
    let folder = inventory();
    let claims = format!(
        r#"{{"iss":"a\u202eb\u001b[31m","email":"alice@example.com","sub":"{}","exp":1}}"#,
        "x".repeat(300)
    );
    let explained = explain(&unsigned(&claims), &[], folder.path(), &[]);
    assert_eq!(explained.code, Some(1));
    assert!(
        explained.stdout.contains(r#"  NO   issuer        iss is "a\u{202e}b\u001b[31m"; has to be "#),
        "{explained:?}"
    );
    assert!(!explained.stdout.contains("alice@example.com") && !explained.stdout.contains(&"x".repeat(201)));
    assert!(explained.stdout.contains("1970-01-01T00:00:01Z, "), "{explained:?}");
}
