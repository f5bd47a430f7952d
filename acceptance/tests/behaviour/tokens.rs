//! Bearer tokens that must not open anything, and those that must.

use acceptance::refused::Refused;
use acceptance::signers::{AUDIENCE, ISSUER, Signer, token_config, unsigned};
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

pub(crate) const MALFORMED: &str = "The bearer token is not a signed JSON Web Token.";
pub(crate) const ALGORITHM: &str =
    "The bearer token's algorithm is not accepted here; RS256, ES256 and EdDSA are.";
pub(crate) const SIGNATURE: &str = "The bearer token's signature is not valid.";
pub(crate) const UNKNOWN_KEY: &str =
    "The bearer token is signed with a key that the issuer does not publish.";
const ANOTHER_ISSUER: &str = "The bearer token is from another issuer.";
pub(crate) const ANOTHER_AUDIENCE: &str = "The bearer token is for another audience.";
pub(crate) const EXPIRED: &str = "The bearer token has expired. Get a new one.";
const TOO_LONG: &str = "The bearer token is valid for too long. Get one that expires earlier.";
const NOT_YET_VALID: &str = "The bearer token is not valid yet.";
pub(crate) const HEADER: &str =
    "The bearer token's header has a parameter that is not accepted here (crit, jku, jwk, x5u, x5c).";
const NOT_BEARER: &str = "The Authorization header is not one `Bearer <JWT>`.";

/// A stage whose issuer publishes these keys, and an API key for it.
pub(crate) struct Gate {
    pub(crate) stage: Stage,
    api_key: String,
}

impl Gate {
    pub(crate) async fn of(keys: &[Value]) -> Self {
        let stage = Stage::set(Setting { tokens: Some(token_config(keys)), ..Setting::default() }).await;
        let (api_key, _) = stage.api_key("acme").await;
        Self { stage, api_key }
    }

    pub(crate) fn request(&self) -> RequestBuilder {
        RequestBuilder::add("alice", &json!({"orgId": "acme"})).api_key(&self.api_key)
    }

    pub(crate) async fn refuses(&self, case: &str, token: &str, message: &str) {
        self.refuses_header(case, &format!("Bearer {token}"), message).await;
    }

    #[expect(clippy::print_stdout, reason = "A failing test shows which case it came to.")]
    async fn refuses_header(&self, case: &str, authorization: &str, message: &str) {
        println!("{case}");
        let request = self.request().header("authorization", authorization);
        self.stage.refuses(request, Refused::bearer_token(message)).await;
    }

    pub(crate) async fn accepts(&self, case: &str, token: &str) {
        let reply = self.request().bearer(token).send(&self.stage).await;
        assert_eq!(reply.status(), 200, "{case}: {}", reply.json());
    }
}

/// Alice's token of noon, for an hour, with some claims changed; `null` takes one away.
pub(crate) fn claims(changes: &Value) -> Value {
    let noon = NOON.seconds();
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": noon, "nbf": noon, "exp": noon + 3_600,
    });
    merge(&mut claims, changes);
    claims
}

fn merge(into: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            into.as_object_mut().expect("an object").remove(name);
        } else {
            into[name] = value.clone();
        }
    }
}

pub(crate) fn header(algorithm: &str, changes: &Value) -> Value {
    let mut header = json!({"alg": algorithm, "typ": "JWT", "kid": "a"});
    merge(&mut header, changes);
    header
}

fn nothing() -> Value {
    json!({})
}

#[tokio::test]
async fn tokens_of_all_three_algorithms_are_accepted() {
    for signer in [Signer::ed25519(), Signer::p256(), Signer::rsa()] {
        let name = format!("{:?}", signer.algorithm);
        let gate = Gate::of(&[signer.published("a")]).await;
        gate.accepts(&name, &signer.token(&header(&name, &nothing()), &claims(&nothing()))).await;
        let without_key_id = header(&name, &json!({"kid": null, "typ": null}));
        gate.accepts("the only key is meant", &signer.token(&without_key_id, &claims(&nothing()))).await;
        let access_token = header(&name, &json!({"typ": "at+jwt"}));
        gate.accepts("RFC 9068", &signer.token(&access_token, &claims(&nothing()))).await;
    }
}

#[tokio::test]
async fn a_token_that_nobody_signed_is_refused() {
    let signer = Signer::p256();
    let gate = Gate::of(&[signer.published("a")]).await;
    let good = signer.token(&header("ES256", &nothing()), &claims(&nothing()));
    for none in ["none", "None", "NONE", "nOnE"] {
        let bare = unsigned(&header(none, &nothing()), &claims(&nothing()));
        gate.refuses(none, &format!("{bare}."), ALGORITHM).await;
    }
    let (bare, signature) = good.rsplit_once('.').expect("three parts");
    gate.refuses("an empty signature", &format!("{bare}."), SIGNATURE).await;
    gate.refuses("no signature", bare, MALFORMED).await;
    gate.refuses("a fourth part", &format!("{good}.{signature}"), MALFORMED).await;
    gate.refuses("cut off", &good[..good.len() - 2], SIGNATURE).await;
    let zeros = BASE64URL_NOPAD.encode(&[0; 64]);
    gate.refuses("r = s = 0 (CVE-2022-21449)", &format!("{bare}.{zeros}"), SIGNATURE).await;
    let of_other_claims = signer.token(&header("ES256", &nothing()), &claims(&json!({"sub": "bob"})));
    let (_, foreign) = of_other_claims.rsplit_once('.').expect("three parts");
    gate.refuses("another token's signature", &format!("{bare}.{foreign}"), SIGNATURE).await;
    let changed = unsigned(&header("ES256", &nothing()), &claims(&json!({"exp": NOON.seconds() + 7_200})));
    gate.refuses("a changed payload", &format!("{changed}.{signature}"), SIGNATURE).await;
    let changed = unsigned(&header("ES256", &json!({"cty": "x"})), &claims(&nothing()));
    gate.refuses("a changed header", &format!("{changed}.{signature}"), SIGNATURE).await;
    gate.refuses("not even base64", "a.b.c", MALFORMED).await;
}

#[tokio::test]
async fn the_algorithm_is_the_keys_and_never_the_tokens() {
    let (ours, theirs, rsa) = (Signer::p256(), Signer::p256(), Signer::rsa());
    let gate = Gate::of(&[ours.published("a"), rsa.published("r")]).await;
    let good = claims(&nothing());
    gate.refuses("another key, the same kid", &theirs.token(&header("ES256", &nothing()), &good), SIGNATURE)
        .await;
    gate.refuses("RS256 at an EC key", &rsa.token(&header("RS256", &nothing()), &good), UNKNOWN_KEY).await;
    let lying = header("ES256", &json!({"kid": "r"}));
    gate.refuses("ES256 at an RSA key", &ours.token(&lying, &good), UNKNOWN_KEY).await;
    for other in ["RS384", "RS512", "PS256", "ES384", "ES256K", "HS256", "ML-DSA-44", "RS1", "es256", ""] {
        let header = header(other, &json!({"kid": "r"}));
        gate.refuses(other, &rsa.token(&header, &good), ALGORITHM).await;
    }
    let unknown = header("ES256", &json!({"kid": "b"}));
    gate.refuses("an unknown kid", &ours.token(&unknown, &good), UNKNOWN_KEY).await;
    let unnamed = header("ES256", &json!({"kid": null}));
    gate.accepts("no kid, and one key that fits", &ours.token(&unnamed, &good)).await;
    gate.refuses("no kid, and another key", &theirs.token(&unnamed, &good), SIGNATURE).await;
    for key_id in [json!(""), json!("../a"), json!("a' OR '1'='1"), json!("A")] {
        let odd = header("ES256", &json!({"kid": key_id}));
        gate.refuses("a kid that is a path or a query", &ours.token(&odd, &good), UNKNOWN_KEY).await;
    }
}

/// A public key is no secret: whoever signs with it by HMAC must not get in (RFC 8725, section 2.1).
#[tokio::test]
async fn a_public_key_is_never_an_hmac_secret() {
    let signer = Signer::p256();
    let gate = Gate::of(&[signer.published("a")]).await;
    let (x, y) = (&signer.public_key["x"], &signer.public_key["y"]);
    let decode =
        |part: &Value| BASE64URL_NOPAD.decode(part.as_str().expect("text").as_bytes()).expect("base64");
    let point = [vec![4], decode(x), decode(y)].concat();
    for secret in [point, signer.published("a").to_string().into_bytes()] {
        let key = jsonwebtoken::EncodingKey::from_secret(&secret);
        let header = jsonwebtoken::Header { kid: Some("a".to_owned()), ..jsonwebtoken::Header::default() };
        let token = jsonwebtoken::encode(&header, &claims(&nothing()), &key).expect("a token");
        gate.refuses("HS256", &token, ALGORITHM).await;
    }
}

#[tokio::test]
async fn a_header_that_brings_a_key_or_a_demand_is_refused() {
    let (ours, theirs) = (Signer::p256(), Signer::p256());
    let gate = Gate::of(&[ours.published("a")]).await;
    for (name, value) in [
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("jwk", theirs.published("a")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
    ] {
        let header = header("ES256", &json!({name: value}));
        gate.refuses(name, &theirs.token(&header, &claims(&nothing())), HEADER).await;
        gate.refuses(name, &ours.token(&header, &claims(&nothing())), HEADER).await;
    }
    let encrypted = header("ES256", &json!({"typ": "JOSE"}));
    let token = ours.token(&encrypted, &claims(&nothing()));
    gate.refuses("another type", &token, "The bearer token's type is not JWT.").await;
}

#[tokio::test]
async fn a_token_is_valid_between_its_times_give_or_take_a_minute() {
    let signer = Signer::ed25519();
    let gate = Gate::of(&[signer.published("a")]).await;
    let token = |changes: &Value| signer.token(&header("EdDSA", &nothing()), &claims(changes));
    let noon = NOON.seconds();
    gate.accepts("just expired", &token(&json!({"exp": noon - 59}))).await;
    gate.refuses("expired", &token(&json!({"exp": noon - 60})), EXPIRED).await;
    gate.refuses("expired long ago", &token(&json!({"exp": 0})), EXPIRED).await;
    gate.refuses("before the epoch", &token(&json!({"exp": -1})), EXPIRED).await;
    let day = noon + 24 * 3_600;
    gate.accepts("a day", &token(&json!({"exp": day + 60}))).await;
    for longer in [json!(day + 61), json!(1e300), json!(u64::MAX)] {
        gate.refuses("for ever", &token(&json!({"exp": longer})), TOO_LONG).await;
    }
    gate.accepts("a fraction of a second", &token(&json!({"exp": 1_795_435_141.5}))).await;
    gate.accepts("almost valid", &token(&json!({"nbf": noon + 60}))).await;
    gate.refuses("not yet valid", &token(&json!({"nbf": noon + 61})), NOT_YET_VALID).await;
    gate.accepts("no nbf", &token(&json!({"nbf": null}))).await;
    let claim = |name: &str| format!("The bearer token's claim `{name}` is missing or not usable.");
    gate.refuses("no exp", &token(&json!({"exp": null})), &claim("exp")).await;
    gate.refuses("exp as text", &token(&json!({"exp": "1795438800"})), &claim("exp")).await;
    gate.refuses("nbf as text", &token(&json!({"nbf": "0"})), &claim("nbf")).await;
}

#[tokio::test]
async fn a_token_is_from_our_issuer_and_for_us() {
    let signer = Signer::ed25519();
    let gate = Gate::of(&[signer.published("a")]).await;
    let token = |changes: &Value| signer.token(&header("EdDSA", &nothing()), &claims(changes));
    for issuer in [json!(null), json!("https://issuer.example/"), json!([ISSUER]), json!(7), json!("")] {
        gate.refuses("iss", &token(&json!({"iss": issuer})), ANOTHER_ISSUER).await;
    }
    for audience in [json!(null), json!("others"), json!([]), json!(["others"]), json!(7), json!("")] {
        gate.refuses("aud", &token(&json!({"aud": audience})), ANOTHER_AUDIENCE).await;
    }
    gate.accepts("one of several", &token(&json!({"aud": ["others", AUDIENCE]}))).await;
}

#[tokio::test]
async fn a_claim_that_is_there_but_unusable_is_never_taken_for_one_that_is_not() {
    let signer = Signer::ed25519();
    let gate = Gate::of(&[signer.published("a")]).await;
    let token = |claims: &Value| signer.token(&header("EdDSA", &nothing()), claims);
    let claim = |name: &str| format!("The bearer token's claim `{name}` is missing or not usable.");
    for subject in
        [json!(null), json!(""), json!(7), json!("a".repeat(129)), json!("a\u{0}"), json!(["alice"])]
    {
        gate.refuses("sub", &token(&claims(&json!({"sub": subject}))), &claim("sub")).await;
    }
    for organisation in [
        json!(null),
        json!(""),
        json!(7),
        json!(true),
        json!([]),
        json!(["acme", "acme"]),
        json!(["acme", "umbrella"]),
        json!([null]),
        json!([["acme"]]),
        json!([" acme"]),
        json!(" acme"),
        json!({}),
        json!({"acme": {}}),
    ] {
        // `merge` takes a null away; here it has to be there.
        let mut with_organisation = claims(&nothing());
        with_organisation["org_id"] = organisation;
        // Whoever it is.
        for (name, value) in [("gty", "client-credentials"), ("groups", "key-managers/acme"), ("x", "y")] {
            with_organisation[name] = json!(value);
            gate.refuses("org_id", &token(&with_organisation), &claim("org_id")).await;
        }
    }
    gate.accepts("an array of exactly one", &token(&claims(&json!({"org_id": ["acme"]})))).await;
}

#[tokio::test]
async fn an_authorization_header_is_one_bearer_token() {
    let signer = Signer::ed25519();
    let gate = Gate::of(&[signer.published("a")]).await;
    let good = signer.token(&header("EdDSA", &nothing()), &claims(&nothing()));
    for header in ["Basic YWxpY2U6c2VjcmV0", "Bearer", "Bearer ", "", &good, "Bearer\tx"] {
        gate.refuses_header(header, header, NOT_BEARER).await;
    }
    let [protected, payload, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let json = json!({"protected": protected, "payload": payload, "signature": signature}).to_string();
    gate.refuses("JSON serialisation", &json, MALFORMED).await;
    gate.refuses("white space within", &good.replacen('.', ". ", 1), MALFORMED).await;
    gate.refuses("padding", &format!("{good}=="), MALFORMED).await;
    // The gateway joins repeated headers with commas.
    let twice = gate.request().bearer(&good).bearer(&good);
    gate.stage.refuses(twice, Refused::bearer_token(MALFORMED)).await;
    let large = signer.token(&header("EdDSA", &nothing()), &claims(&json!({"padding": "x".repeat(8_192)})));
    gate.refuses("too large", &large, "The bearer token is larger than 8 KiB.").await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let reply =
            gate.request().header("authorization", format!("{scheme} {good}")).send(&gate.stage).await;
        assert_eq!(reply.status(), 200, "{scheme}: {}", reply.json());
    }
}
