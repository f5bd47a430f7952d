use serde_json::{Value, json};

use super::*;

fn http_api_2() -> Value {
    json!({
        "version": "2.0",
        "routeKey": "GET /users/{id}/PhysicalKeys",
        "rawPath": "/users/a b/PhysicalKeys",
        "rawQueryString": "q=a%20b+c&q=%22",
        "headers": {"host": "api.example", "x-forwarded-proto": "https", "accept": "*/*"},
        "pathParameters": {"id": "a b"},
        "requestContext": {"requestId": "from-the-gateway", "http": {"method": "GET", "sourceIp": "203.0.113.10", "userAgent": "curl"}},
        "body": "e30=",
        "isBase64Encoded": true,
    })
}

fn rest_api() -> Value {
    json!({
        "path": "/users/a%20b/PhysicalKeys",
        "resource": "/users/{id}/PhysicalKeys",
        "httpMethod": "GET",
        "headers": {"Accept": "text/html", "X-Only-Here": "1"},
        "multiValueHeaders": {"accept": ["*/*", "text/html"]},
        "queryStringParameters": {"q": "b", "limit": "1"},
        "multiValueQueryStringParameters": {"q": ["a", "b"]},
        "pathParameters": {"id": "a%20b"},
        "requestContext": {
            "requestId": "from-the-gateway", "identity": {"sourceIp": "203.0.113.10", "userAgent": "x".repeat(999)},
        },
        "body": null,
        "isBase64Encoded": false,
    })
}

fn read(event: &Value) -> Result<Request, Unusable> {
    super::read(&event.to_string(), Context::default()).1.map_err(|(_, unusable)| unusable)
}

/// The event with another value at a JSON pointer.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[member] = value;
    event
}

fn values(request: &Request, name: &str) -> Vec<String> {
    let values = request.headers().get_all(name).iter();
    values.map(|value| value.to_str().unwrap().to_owned()).collect()
}

fn queried(request: &Request, name: &str) -> Vec<String> {
    let parameters = request.query_string_parameters();
    parameters.all(name).unwrap_or_default().into_iter().map(str::to_owned).collect()
}

#[test]
fn an_event_of_an_http_api_becomes_its_request() {
    let request = read(&http_api_2()).unwrap();
    assert_eq!((request.method(), request.raw_http_path()), (&Method::GET, "/users/a b/PhysicalKeys"));
    assert_eq!(request.path_parameters().first("id"), Some("a b"));
    assert_eq!(queried(&request, "q"), ["a b c", "\""]);
    assert_eq!(&request.body()[..], b"{}");
    let gateway = Gateway {
        payload: Payload::HttpApi2,
        request_id: Some("from-the-gateway".to_owned()),
        is_https: true,
        origin: Origin {
            route: Some("GET /users/{id}/PhysicalKeys".to_owned()),
            source_address: Some("203.0.113.10".to_owned()),
            user_agent: Some("curl".to_owned()),
        },
    };
    assert_eq!(request.extensions().get(), Some(&gateway));
}

#[test]
fn where_a_request_came_from_is_cut_to_a_length_and_never_a_reason_to_refuse() {
    let origin = |event: &Value| read(event).unwrap().extensions().get::<Gateway>().unwrap().origin.clone();
    let of_rest_api = origin(&rest_api());
    assert_eq!(of_rest_api.route.as_deref(), Some("GET /users/{id}/PhysicalKeys"));
    assert_eq!(of_rest_api.source_address.as_deref(), Some("203.0.113.10"));
    assert_eq!(of_rest_api.user_agent.map(|agent| agent.len()), Some(LONGEST_ORIGIN));
    let odd = with(http_api_2(), "/requestContext/http/userAgent", json!(["curl"]));
    assert_eq!(origin(&odd).user_agent, None);
}

#[test]
fn an_event_of_a_rest_api_keeps_every_value() {
    let request = read(&rest_api()).unwrap();
    assert_eq!((request.method(), request.raw_http_path()), (&Method::GET, "/users/a%20b/PhysicalKeys"));
    assert_eq!(values(&request, "accept"), ["*/*", "text/html"]);
    assert_eq!(values(&request, "x-only-here"), ["1"]);
    assert_eq!(
        (queried(&request, "q"), queried(&request, "limit")),
        (vec!["a".into(), "b".into()], vec!["1".into()])
    );
    let gateway = request.extensions().get::<Gateway>().unwrap();
    assert_eq!((gateway.payload, gateway.is_https), (Payload::RestApi, false));
    assert!(request.body().is_empty());
}

#[test]
fn headers_that_are_in_one_map_only_are_read() {
    let only_headers = with(rest_api(), "/multiValueHeaders", Value::Null);
    assert_eq!(values(&read(&only_headers).unwrap(), "accept"), ["text/html"]);
    let only_lists = with(rest_api(), "/headers", Value::Null);
    assert_eq!(values(&read(&only_lists).unwrap(), "accept"), ["*/*", "text/html"]);
    let in_two_cases = with(http_api_2(), "/headers/Accept", "text/html".into());
    assert_eq!(values(&read(&in_two_cases).unwrap(), "accept").len(), 2);
}

#[test]
fn the_kinds_of_gateway_are_told_apart_by_the_version() {
    let kind =
        |event: &Value| read(event).map(|request| request.extensions().get::<Gateway>().unwrap().payload);
    assert_eq!(kind(&http_api_2()), Ok(Payload::HttpApi2));
    assert_eq!(kind(&with(rest_api(), "/version", "1.0".into())), Ok(Payload::HttpApi1));
    assert_eq!(kind(&rest_api()), Ok(Payload::RestApi));
    for version in [json!("3.0"), json!(2.0), json!(""), json!([])] {
        assert_eq!(kind(&with(http_api_2(), "/version", version)), Err(Unusable::Version));
    }
}

#[test]
fn what_is_no_request_is_named() {
    for (pointer, value, unusable) in [
        ("/requestContext", json!("x"), Unusable::Method),
        ("/requestContext/http", Value::Null, Unusable::Method),
        ("/requestContext/http/method", json!("G ET"), Unusable::Method),
        ("/rawPath", json!(1), Unusable::Path),
        ("/pathParameters", json!({"id": 1}), Unusable::PathParameters),
        ("/rawQueryString", json!({}), Unusable::Query),
        ("/headers", json!([]), Unusable::Headers),
        ("/headers/accept", json!([1]), Unusable::Headers),
        ("/headers/a b", json!("x"), Unusable::HeaderName),
        ("/headers/accept", json!("a\nb"), Unusable::HeaderValue),
        ("/body", json!({}), Unusable::Body),
        ("/body", json!("{}"), Unusable::Base64),
        ("/isBase64Encoded", json!("yes"), Unusable::Base64),
    ] {
        assert_eq!(read(&with(http_api_2(), pointer, value)).unwrap_err(), unusable, "{pointer}");
    }
    for (pointer, unusable) in [
        ("/multiValueQueryStringParameters/q", Unusable::Query),
        ("/queryStringParameters/q", Unusable::Query),
        ("/multiValueHeaders/accept", Unusable::Headers),
    ] {
        assert_eq!(read(&with(rest_api(), pointer, json!([]))).unwrap_err(), unusable, "{pointer}");
    }
    for event in [json!(null), json!([]), json!("x"), json!(1)] {
        assert_eq!(read(&event).unwrap_err(), Unusable::NotAnEvent);
    }
    let many: Map<_, _> = (0..40_000).map(|number| (format!("x{number}"), json!("x"))).collect();
    assert_eq!(
        read(&with(rest_api(), "/multiValueHeaders", many.into())).unwrap_err(),
        Unusable::TooManyHeaders
    );
}

#[test]
fn a_uri_that_cannot_be_made_does_not_matter() {
    for (pointer, value) in [
        ("/rawQueryString", "q=\"a b\t<>\u{7f}é"),
        ("/headers/host", "["),
        ("/headers/host", ""),
        ("/headers/x-forwarded-proto", "https,http"),
        ("/rawPath", "//:99999?#"),
    ] {
        assert!(read(&with(http_api_2(), pointer, value.into())).is_ok(), "{pointer} {value}");
    }
}

#[test]
fn a_client_that_sends_a_protocol_of_its_own_spoke_tls_all_the_same() {
    for (value, expected) in [("https,http", true), ("http, HTTPS", true), ("http", false), ("httpsx", false)]
    {
        let request = read(&with(http_api_2(), "/headers/x-forwarded-proto", value.into())).unwrap();
        assert_eq!(request.extensions().get::<Gateway>().unwrap().is_https, expected, "{value}");
    }
}

#[test]
fn a_request_id_that_no_header_can_carry_is_left_out() {
    for id in [json!("a\nb"), json!(""), json!("x".repeat(129)), json!(7), Value::Null] {
        let request = read(&with(http_api_2(), "/requestContext/requestId", id)).unwrap();
        assert_eq!(request.extensions().get::<Gateway>().unwrap().request_id, None);
    }
}

#[test]
fn each_kind_of_gateway_is_answered_in_its_format() {
    let response = || {
        let response = Response::builder().status(200).header("x-a", "1").header("x-a", "2");
        response.body(Body::from("{}".as_bytes())).unwrap()
    };
    let answer = |payload| serde_json::to_value(GatewayAnswer { payload, response: response() }).unwrap();
    let expected = json!({
        "statusCode": 200, "headers": {}, "multiValueHeaders": {"x-a": ["1", "2"]}, "body": "{}", "isBase64Encoded": false,
    });
    assert_eq!(answer(Payload::RestApi), expected);
    assert_eq!(answer(Payload::HttpApi1), expected);
    let answer = answer(Payload::HttpApi2);
    assert_eq!(
        (&answer["statusCode"], &answer["body"], &answer["cookies"]),
        (&json!(200), &json!("{}"), &json!([]))
    );
}
