//! Requests and replies.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::gateway_event;
use api::http::routes::{Matched, Route};
use api::http::target::percent_decoded;
use lambda_http::http::{HeaderName, HeaderValue, Method, Request};
use lambda_http::{Body, Response};
use local_inventory::gateway::{self, FUNCTION_TIMEOUT};
use serde_json::{Value, json};

use crate::mutant::{Mutant, mutate_reply};
use crate::{PATIENCE, Stage, documented};

/// A request in the making.
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The response as the function gave it.
    pub response: Response<Body>,
}

impl RequestBuilder {
    /// A request with any method and path.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    /// `POST /users/{user}/AddPhysicalKey` with a JSON body.
    #[must_use]
    pub fn add(user: &str, body: &Value) -> Self {
        Self::new(Method::POST, format!("/users/{user}/AddPhysicalKey")).json(&body.to_string())
    }

    /// `POST /users/{user}/RemovePhysicalKey` with a JSON body.
    #[must_use]
    pub fn remove(user: &str, body: &Value) -> Self {
        Self::new(Method::POST, format!("/users/{user}/RemovePhysicalKey")).json(&body.to_string())
    }

    /// A query of this path.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A body of type `application/json`, whatever it is.
    #[must_use]
    pub fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    /// Any body.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("a header value");
        self.headers.push((HeaderName::from_static(name), value));
        self
    }

    /// No header of this name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(present, _)| present != name);
        self
    }

    /// A bearer token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// An API key.
    #[must_use]
    pub fn api_key(self, api_key: &str) -> Self {
        self.header("x-api-key", api_key)
    }

    /// An idempotency key.
    #[must_use]
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends it through the gateway's stand-in, whose id of the request is `test-request`.
    pub async fn send(&self, stage: &Stage) -> Reply {
        // A fault may keep it going until its time is over.
        let time = if Mutant::of_this_run().is_some() { FUNCTION_TIMEOUT } else { PATIENCE };
        self.send_within(stage, time).await
    }

    /// The same as an invocation that has this much time.
    pub async fn send_within(&self, stage: &Stage, time: Duration) -> Reply {
        self.send_as(stage, "test-request", time).await
    }

    /// The same with another id of the request.
    pub async fn send_as(&self, stage: &Stage, request_id: &str, time: Duration) -> Reply {
        let mut request = Request::builder().method(self.method.clone()).uri(self.path.as_str());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(self.body.clone()).expect("a request");
        stage.draws.store(0, Ordering::SeqCst);
        let answer = gateway::answer(&stage.backend, &stage.cursors, &request, request_id, time);
        // Tests hold several of these futures at once.
        let response = Box::pin(answer).await;
        let response = self.mutated(response);
        if let Some(Matched { route, .. }) = Route::find(request.method(), request.uri().path()) {
            documented::check(route, request.method(), &response);
        }
        Reply { response }
    }

    /// The response as the fault that this run is under words it, if it is under one.
    fn mutated(&self, response: Response<Body>) -> Response<Body> {
        let keyed = self.headers.iter().any(|(name, _)| name == "idempotency-key");
        response.map(|body| match str::from_utf8(&body).ok().and_then(|text| mutate_reply(keyed, text)) {
            Some(mutated) => Body::from(mutated),
            None => body,
        })
    }

    /// Sends it as an event of a REST API (payload 1.0): the path is as it was sent, and headers that are there more
    /// than once are not joined.
    pub async fn send_as_rest_event(&self, stage: &Stage) -> Reply {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let Matched { route, parameters } = Route::find(&self.method, path).expect("a route");
        let parameters: BTreeMap<_, _> = parameters.into_iter().collect();
        let mut queried = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
            queried.entry(name).or_default().push(percent_decoded(value).expect("an encoded value"));
        }
        let mut headers = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in &self.headers {
            headers.entry(name.as_str()).or_default().push(value.to_str().expect("an ASCII header"));
        }
        let event = json!({
            "resource": route.path(),
            "path": path,
            "httpMethod": self.method.as_str(),
            "headers": {},
            "multiValueHeaders": headers,
            "queryStringParameters": null,
            "multiValueQueryStringParameters": queried,
            "pathParameters": parameters,
            "requestContext": {
                "httpMethod": self.method.as_str(),
                "path": format!("/prod{path}"),
                "resourcePath": route.path(),
                "requestId": "test-request",
                "requestTimeEpoch": stage.now().get(),
                "stage": "prod",
            },
            "body": str::from_utf8(&self.body).expect("a body of text"),
            "isBase64Encoded": false,
        });
        stage.invoke(Some(route), &event, PATIENCE).await
    }
}

impl Stage {
    /// Hands an event to the function of a route, or to the one of all that have none, as Lambda would. The invocation
    /// has this much time.
    pub async fn invoke(&self, route: Option<Route>, event: &Value, time: Duration) -> Reply {
        self.invoke_text(route, &event.to_string(), time).await.0
    }

    /// The same with the text of an event. Gives what the gateway is answered, too.
    pub async fn invoke_text(&self, route: Option<Route>, event: &str, time: Duration) -> (Reply, Value) {
        self.draws.store(0, Ordering::SeqCst);
        let context = gateway::context("test-invocation", self.now().plus(time));
        let answer =
            gateway_event::answer(event, context, &self.backend.clock, &self.backend.chance, |request| {
                gateway::invoke(route, &self.backend, &self.cursors, request)
            });
        // Tests hold several of these futures at once.
        let answer = Box::pin(answer).await;
        let for_gateway = serde_json::to_value(&answer).expect("JSON");
        (Reply { response: answer.response }, for_gateway)
    }
}

impl Reply {
    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The body's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.response.body().as_ref()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(self.bytes()).expect("a JSON body")
    }

    /// The value of a header that is there once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.response.headers().get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("an ASCII header"));
        assert!(values.next().is_none(), "{name} is there once");
        value
    }

    /// Status, headers and body, but for what chance put into the request's id: equal for answers that say the same.
    #[must_use]
    #[track_caller]
    pub fn without_chance(&self) -> (u16, Vec<(String, String)>, String) {
        let (of_request, chance) = self.request_id().split_once('.').expect("a dot");
        let cut = |text: &str| text.replace(chance, of_request);
        let header = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), cut(value.to_str().expect("an ASCII header")))
        };
        let headers = self.response.headers().iter().map(header).collect();
        (self.status(), headers, cut(str::from_utf8(self.bytes()).expect("text")))
    }

    /// The request's id: the gateway's or the invocation's of the tests, a dot, 128 random bits.
    #[must_use]
    #[track_caller]
    pub fn request_id(&self) -> &str {
        let request_id = self.header("x-request-id").expect("every answer has one");
        let (of_request, chance) = request_id.split_once('.').expect("a dot");
        let random = data_encoding::BASE64URL_NOPAD.decode(chance.as_bytes()).map(|bytes| bytes.len());
        assert!(matches!(of_request, "test-request" | "test-invocation") && random == Ok(16), "{request_id}");
        request_id
    }
}
