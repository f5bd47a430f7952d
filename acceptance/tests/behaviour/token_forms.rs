//! Bearer tokens at the edges of what a token is: every part that can be spelled, sized or typed another way. What is
//! signed here is signed by the issuer's own key, so that nothing but the form can be what is refused.

use acceptance::refused::{BEARER, Refused};
use acceptance::signers::{Signer, token_config};
use acceptance::{NOON, RequestBuilder, Setting, Stage};
use serde_json::{Value, json};

use crate::tokens::{
    ALGORITHM, ANOTHER_AUDIENCE, EXPIRED, Gate, HEADER, MALFORMED, SIGNATURE, claims, header,
};

/// A gate and the one key of its issuer.
struct Issuer {
    gate: Gate,
    signer: Signer,
}

fn unusable(claim: &str) -> String {
    format!("The bearer token's claim `{claim}` is missing or not usable.")
}

impl Issuer {
    async fn new() -> Self {
        let signer = Signer::p256();
        Self { gate: Gate::of(&[signer.published("a")]).await, signer }
    }

    /// Alice's token with another header.
    fn headed(&self, changes: &Value) -> String {
        self.signer.token(&header("ES256", changes), &claims(&json!({})))
    }

    /// A token with these claims for a payload, which need not be claims.
    fn claiming(&self, payload: impl AsRef<[u8]>) -> String {
        self.signer.token_of(header("ES256", &json!({})).to_string(), payload)
    }

    /// Alice's token with one claim as it stands here, `null` too.
    fn with_claim(&self, claim: &str, value: &Value) -> String {
        let mut claims = claims(&json!({}));
        claims[claim] = value.clone();
        self.claiming(claims.to_string())
    }
}

#[tokio::test]
async fn what_is_no_compact_jws_is_refused() {
    let Issuer { gate, signer } = Issuer::new().await;
    let token = signer.token(&header("ES256", &json!({})), &claims(&json!({})));
    let [protected, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let general =
        json!({"payload": payload, "signatures": [{"protected": protected, "signature": signature}]});
    for (case, token) in [
        ("dots", "..".to_owned()),
        ("one part", protected.to_owned()),
        ("an empty part more", format!("{token}.")),
        ("an empty part before", format!(".{token}")),
        ("five parts, like an encrypted one", format!("{protected}..{payload}.{payload}.{signature}")),
        ("empty header", format!(".{payload}.{signature}")),
        ("empty payload", format!("{protected}..{signature}")),
        ("white space in what was signed", format!("{protected}.{payload} .{signature}")),
        ("standard base64", format!("{protected}.{payload}.+/{}", &signature[2..])),
        ("bits left over", format!("{protected}.{payload}.{}", with_leftover_bits(signature))),
        ("two tokens", format!("{token} {token}")),
        ("general JSON serialisation", general.to_string()),
    ] {
        gate.refuses(case, &token, MALFORMED).await;
    }
    gate.accepts("the token itself", &token).await;
}

/// Another spelling of the same 64 bytes: of the last character, only two bits count.
fn with_leftover_bits(signature: &str) -> String {
    let (rest, last) = signature.split_at(signature.len() - 1);
    let last = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        "w" => "x",
        other => panic!("no 64 bytes end in {other}"),
    };
    format!("{rest}{last}")
}

#[tokio::test]
async fn a_header_that_is_not_one_is_refused() {
    let Issuer { gate, signer } = Issuer::new().await;
    for (header, message) in [
        ("", MALFORMED),
        ("x", MALFORMED),
        ("[]", MALFORMED),
        ("null", MALFORMED),
        ("\"ES256\"", MALFORMED),
        ("{}", ALGORITHM),
        (r#"{"typ":"JWT","kid":"a"}"#, ALGORITHM),
        (r#"{"alg":null,"kid":"a"}"#, ALGORITHM),
        (r#"{"alg":"","kid":"a"}"#, ALGORITHM),
        (r#"{"alg":"es256","kid":"a"}"#, ALGORITHM),
        (r#"{"alg":["ES256"],"kid":"a"}"#, ALGORITHM),
        (r#"{"alg":"ES256","alg":"ES256","kid":"a"}"#, MALFORMED),
        (r#"{"alg":"ES256","kid":"a","kid":"a"}"#, MALFORMED),
        (r#"{"alg":"ES256","kid":1}"#, MALFORMED),
        (r#"{"alg":"ES256","kid":null}"#, MALFORMED),
        (r#"{"alg":"ES256","kid":"a","typ":1}"#, "The bearer token's type is not JWT."),
        (r#"{"alg":"ES256","kid":"a","jku":1}"#, HEADER),
        (r#"{"alg":"ES256","kid":"a","x5c":"MIIB"}"#, HEADER),
        (r#"{"alg":"ES256","kid":"a","x5u":null}"#, HEADER),
        (r#"{"alg":"ES256","kid":"a","crit":"exp"}"#, HEADER),
        (r#"{"alg":"ES256","kid":"a"}{}"#, MALFORMED),
    ] {
        let token = signer.token_of(header, claims(&json!({})).to_string());
        gate.refuses(header, &token, message).await;
    }
    let token = signer.token_of(b"{\"alg\":\"ES256\",\"kid\":\"\xff\"}", claims(&json!({})).to_string());
    gate.refuses("not UTF-8", &token, MALFORMED).await;
}

#[tokio::test]
async fn a_payload_that_is_no_object_is_refused() {
    let issuer = Issuer::new().await;
    for payload in ["", "x", "null", "7", "\"alice\"", "[]", r#"{"sub":"alice""#, "{} {}"] {
        issuer.gate.refuses(payload, &issuer.claiming(payload), MALFORMED).await;
    }
    issuer.gate.refuses("not UTF-8", &issuer.claiming(b"{\"sub\":\"\xff\"}"), MALFORMED).await;
    let twice = claims(&json!({})).to_string().replacen('{', r#"{"sub":"bob","#, 1);
    issuer.gate.refuses("two subjects", &issuer.claiming(twice), MALFORMED).await;
}

#[tokio::test]
async fn only_a_jwt_is_a_token() {
    let issuer = Issuer::new().await;
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "application/JWT"] {
        issuer.gate.accepts(typ, &issuer.headed(&json!({"typ": typ}))).await;
    }
    for typ in ["", "JWE", "JOSE+JSON", "logout+jwt", "dpop+jwt", "text/jwt", "JWT ", "application/"] {
        let message = "The bearer token's type is not JWT.";
        issuer.gate.refuses(typ, &issuer.headed(&json!({"typ": typ})), message).await;
    }
}

#[tokio::test]
async fn a_demand_that_is_not_met_here_is_refused_however_it_is_put() {
    let issuer = Issuer::new().await;
    for demand in [
        json!({"crit": []}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"jku": ""}),
        json!({"jwk": {}}),
        json!({"x5c": []}),
        json!({"jwk": issuer.signer.published("a")}),
    ] {
        issuer.gate.refuses(&demand.to_string(), &issuer.headed(&demand), HEADER).await;
    }
}

#[tokio::test]
async fn a_signature_in_another_form_is_none() {
    let Issuer { gate, signer } = Issuer::new().await;
    let token = signer.token(&header("ES256", &json!({})), &claims(&json!({})));
    let (message, signature) = token.rsplit_once('.').expect("a signature");
    let raw = data_encoding::BASE64URL_NOPAD.decode(signature.as_bytes()).expect("base64url");
    let (r, s) = raw.split_at(32);
    let integer = |bytes: &[u8]| [&[2, 33, 0], bytes].concat();
    let der = [&[0x30, 70], &*integer(r), &*integer(s)].concat();
    // As integers these are zero or one, but they are not written so.
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551".repeat(2);
    let order = data_encoding::HEXLOWER.decode(order.as_bytes()).expect("hexadecimal");
    for (case, signature) in [
        ("DER, as in X.509", der),
        ("s before r", [s, r].concat()),
        ("r = s = the order of the curve", order),
        ("r = s = 2²⁵⁶ - 1", vec![0xff; 64]),
        ("a byte less", raw[..63].to_vec()),
        ("a byte more", [&raw[..], &[0]].concat()),
        ("twice", [&raw[..], &raw[..]].concat()),
    ] {
        let signature = data_encoding::BASE64URL_NOPAD.encode(&signature);
        gate.refuses(case, &format!("{message}.{signature}"), SIGNATURE).await;
    }
}

#[tokio::test]
async fn a_token_of_8_kib_is_read_and_a_larger_one_is_not() {
    let issuer = Issuer::new().await;
    // Base64 makes four characters of three bytes, so that not every size comes of a longer payload alone.
    let sizes = |characters: usize| {
        let paddings =
            (0..4).flat_map(|in_header| (5_500..6_200).map(move |in_claims| (in_header, in_claims)));
        let padded = |(in_header, in_claims)| {
            let header = header("ES256", &json!({"cty": "x".repeat(in_header)}));
            let claims = claims(&json!({"padding": "x".repeat(in_claims)}));
            let parts = [header.to_string().len(), claims.to_string().len(), 64];
            let encoded: usize = parts.iter().map(|bytes| (bytes * 4).div_ceil(3)).sum();
            (encoded + 2 == characters).then(|| issuer.signer.token(&header, &claims))
        };
        paddings.into_iter().find_map(padded).expect("a token of this size")
    };
    let (largest, too_large) = (sizes(8_192), sizes(8_193));
    assert_eq!((largest.len(), too_large.len()), (8_192, 8_193));
    issuer.gate.accepts("8 KiB", &largest).await;
    issuer.gate.refuses("too large", &too_large, "The bearer token is larger than 8 KiB.").await;
}

#[tokio::test]
async fn a_time_that_is_no_number_is_refused() {
    let issuer = Issuer::new().await;
    for claim in ["exp", "nbf"] {
        for time in
            [json!(null), json!("soon"), json!("1795438800"), json!(true), json!({}), json!([NOON.seconds()])]
        {
            let case = format!("{claim}: {time}");
            issuer.gate.refuses(&case, &issuer.with_claim(claim, &time), &unusable(claim)).await;
        }
    }
    for past in [json!(-0.0), json!(-1e300), json!(i64::MIN), json!(1.0)] {
        issuer.gate.refuses("exp", &issuer.with_claim("exp", &past), EXPIRED).await;
    }
    let beyond_all_numbers = claims(&json!({})).to_string().replacen("\"exp\":", "\"exp\":1e400,\"x\":", 1);
    issuer.gate.refuses("exp", &issuer.claiming(beyond_all_numbers), MALFORMED).await;
}

#[tokio::test]
async fn an_id_in_a_claim_is_checked_like_one_in_a_request() {
    let issuer = Issuer::new().await;
    for id in ["", " a", "a ", "a\u{2003}", "a\u{0}b", "a\nb", "a\u{85}b", &"🗝".repeat(129)] {
        for claim in ["sub", "org_id"] {
            let token = issuer.with_claim(claim, &json!(id));
            issuer.gate.refuses(&format!("{claim}: {id:?}"), &token, &unusable(claim)).await;
        }
    }
    for audience in [json!(null), json!({}), json!([7]), json!([null]), json!([["physical-keys"]])] {
        let token = issuer.with_claim("aud", &audience);
        issuer.gate.refuses(&format!("aud: {audience}"), &token, ANOTHER_AUDIENCE).await;
    }
}

#[tokio::test]
async fn a_service_has_a_subject_like_a_persons_id() {
    let issuer = Issuer::new().await;
    let of_service = |subject: &Value| {
        let mut claims = claims(&json!({"gty": "client-credentials", "org_id": "acme"}));
        claims["sub"] = subject.clone();
        issuer.claiming(claims.to_string())
    };
    issuer.gate.accepts("a service", &of_service(&json!("batch job"))).await;
    for subject in [json!(null), json!(""), json!(7), json!(" a"), json!("🗝".repeat(129)), json!(["a"])] {
        issuer.gate.refuses(&format!("sub: {subject}"), &of_service(&subject), &unusable("sub")).await;
    }
}

/// Sends Bob's request where other claims than the usual ones name users and organisations.
async fn configured(user_claim: &str, org_claim: &str, changes: &Value) -> (Stage, RequestBuilder) {
    let signer = Signer::ed25519();
    let mut tokens = token_config(&[signer.published("a")]);
    user_claim.clone_into(&mut tokens.identity.user_claim);
    org_claim.clone_into(&mut tokens.identity.org_claim);
    let stage = Stage::set(Setting { tokens: Some(tokens), ..Setting::default() }).await;
    let (api_key, _) = stage.api_key("acme").await;
    let token = signer.token(&header("EdDSA", &json!({})), &claims(changes));
    let request = RequestBuilder::add("bob", &json!({"orgId": "acme"})).bearer(&token).api_key(&api_key);
    (stage, request)
}

#[tokio::test]
async fn other_claims_can_name_the_user_and_the_organisation() {
    let usual_ones_too =
        json!({"sub": "alice", "org_id": "umbrella", "oid": "bob", "https://claims.example/org": "acme"});
    let (stage, request) = configured("oid", "https://claims.example/org", &usual_ones_too).await;
    assert_eq!(request.send(&stage).await.status(), 200);
    let (stage, request) = configured("oid", "https://claims.example/org", &json!({})).await;
    stage.refuses(request, Refused::bearer_token(&unusable("oid"))).await;
}

#[tokio::test]
async fn a_claim_whose_name_no_challenge_can_hold_is_named_in_the_body_alone() {
    let undescribed = format!("{BEARER}, error=\"invalid_token\"");
    for name in ["größe", r#"https://"quoted""#, r"back\slash"] {
        let (stage, request) = configured("sub", name, &json!({name: 7})).await;
        let refused = Refused::unauthenticated("credentials_refused", &[&unusable(name)], &undescribed);
        stage.refuses(request, refused).await;
    }
}
