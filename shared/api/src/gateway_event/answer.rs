//! A response as the kind of gateway that asked expects it.

use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use lambda_http::{Body, Response};
use serde::{Serialize, Serializer};

use super::Payload;

/// A response, and to whom.
#[derive(Debug)]
pub struct GatewayAnswer {
    /// What the event was.
    pub payload: Payload,
    /// The response.
    pub response: Response<Body>,
}

impl Serialize for GatewayAnswer {
    /// Format 1.0 has lists of headers only: a header that is in both maps would be sent twice.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (status_code, headers) = (self.response.status().as_u16().into(), self.response.headers());
        let (body, is_base64_encoded) = match std::str::from_utf8(self.response.body()) {
            Ok(text) => (Some(Body::from(text)), false),
            Err(_) => (Some(self.response.body().clone()), true),
        };
        match self.payload {
            Payload::HttpApi2 => {
                let mut answer = ApiGatewayV2httpResponse::default();
                (answer.status_code, answer.headers) = (status_code, headers.clone());
                (answer.body, answer.is_base64_encoded) = (body, is_base64_encoded);
                answer.serialize(serializer)
            }
            Payload::HttpApi1 | Payload::RestApi => {
                let mut answer = ApiGatewayProxyResponse::default();
                (answer.status_code, answer.multi_value_headers) = (status_code, headers.clone());
                (answer.body, answer.is_base64_encoded) = (body, is_base64_encoded);
                answer.serialize(serializer)
            }
        }
    }
}
