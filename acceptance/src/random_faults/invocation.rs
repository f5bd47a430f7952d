//! Events of API Gateway's HTTP API (payload format 2.0), as those in `events/`.

use std::time::Duration;

use serde_json::{Value, json};

/// Which function is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Function {
    AddPhysicalKey,
    RemovePhysicalKey,
    ListPhysicalKeys,
}

/// One invocation of a function, and what becomes of it besides.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) function: Function,
    pub(crate) request_id: String,
    pub(crate) event: Value,
    /// When Lambda would end the function.
    pub(crate) time: Duration,
    /// When it is ended before.
    pub(crate) killed_after: Option<Duration>,
}

impl Function {
    pub(crate) const ALL: [Self; 3] = [Self::AddPhysicalKey, Self::RemovePhysicalKey, Self::ListPhysicalKeys];

    /// The name of its executable.
    pub(crate) const fn executable(self) -> &'static str {
        match self {
            Self::AddPhysicalKey => "add-physical-key",
            Self::RemovePhysicalKey => "remove-physical-key",
            Self::ListPhysicalKeys => "list-physical-keys",
        }
    }

    const fn method_and_command(self) -> (&'static str, &'static str) {
        match self {
            Self::AddPhysicalKey => ("POST", "AddPhysicalKey"),
            Self::RemovePhysicalKey => ("POST", "RemovePhysicalKey"),
            Self::ListPhysicalKeys => ("GET", "PhysicalKeys"),
        }
    }
}

/// The event of a request.
pub(crate) fn event(
    function: Function,
    user: &str,
    request_id: &str,
    headers: &[(&str, String)],
    input: &Value,
) -> Value {
    let (method, command) = function.method_and_command();
    let path = format!("/users/{user}/{command}");
    let mut event = json!({
        "version": "2.0",
        "routeKey": format!("{method} /users/{{id}}/{command}"),
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"accept": "*/*", "host": "api.example", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "r3pmxmplak",
            "domainName": "api.example",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.10"},
            "requestId": request_id,
            "routeKey": format!("{method} /users/{{id}}/{command}"),
            "stage": "$default",
            "time": "23/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1_795_435_200_000_u64,
        },
        "pathParameters": {"id": user},
        "isBase64Encoded": false,
    });
    for (name, value) in headers {
        event["headers"][*name] = value.clone().into();
    }
    if function == Function::ListPhysicalKeys {
        event["rawQueryString"] = format!("limit={}", input["limit"]).into();
        event["queryStringParameters"] = json!({"limit": input["limit"].to_string()});
    } else {
        event["headers"]["content-type"] = "application/json".into();
        event["body"] = input.to_string().into();
    }
    event
}

#[cfg(test)]
mod tests {
    use api::http::routes::Route;

    use super::Function;

    #[test]
    fn every_command_is_given() {
        let given = Function::ALL.map(|function| function.method_and_command().1);
        for command in Route::ALL.into_iter().filter(|route| route.is_command()) {
            assert!(given.contains(&command.name()), "{command:?} is never given under random faults");
        }
    }
}
