//! Every answer that a test gets has to be in the OpenAPI document: its status, its headers, its code if it is a
//! refusal.

use std::sync::LazyLock;

use api::http::routes::Route;
use lambda_http::http::Method;
use lambda_http::{Body, Response};
use serde_json::Value;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&api_reference::json()).expect("the OpenAPI document"));

/// Headers that are not of one operation.
const OF_HTTP: [&str; 1] = ["content-type"];

/// Checks an answer of a route to a request of this method.
pub(crate) fn check(route: Route, asked: &Method, response: &Response<Body>) {
    let method = route.method().as_str().to_lowercase();
    let status = response.status().as_u16().to_string();
    let documented = &DOCUMENT["paths"][route.path()][&method]["responses"][&status];
    assert!(documented.is_object(), "{route:?} answers {status}, which is not documented");
    let headers = documented["headers"].as_object().expect("headers");
    for name in response.headers().keys().filter(|name| !OF_HTTP.contains(&name.as_str())) {
        let is_documented = headers.keys().any(|header| header.eq_ignore_ascii_case(name.as_str()));
        assert!(is_documented, "{route:?} answers {status} with {name}, which is not documented");
    }
    if *asked == Method::HEAD {
        assert!(response.body().is_empty(), "{route:?} answers {status} to HEAD with a body");
        return;
    }
    let media_type = response.headers()["content-type"].to_str().expect("a media type");
    assert!(
        documented["content"][media_type].is_object(),
        "{route:?} {status}: {media_type} is not documented"
    );
    if !response.status().is_success() {
        let body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
        let code = body["error"].as_str().expect("a code");
        let examples = &documented["content"]["application/json"]["examples"];
        assert!(examples[code].is_object(), "{route:?} answers {status} {code}, which is not documented");
    }
}
