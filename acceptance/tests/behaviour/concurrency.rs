//! One process answers many requests at once as it answers them one by one: nothing of one request gets into another's
//! answer, event or line of the log. Lambda gives a process one invocation at a time; the local server does not, and a
//! concurrent runner would not.

use std::sync::Arc;

use acceptance::key_server::KeyServer;
use acceptance::{PATIENCE, Setting, Stage};
use api::auth::RequiredCredentials;
use api::config::{SigningKeyConfig, TokenConfig};
use api::http::routes::Route;
use futures_util::future::join_all;
use local_inventory::issuer::LocalIssuer;
use serde_json::{Value, json};

use crate::log;

/// So many callers, each with an organisation, an API key and an address of its own, and each on a matter of its own.
const CALLERS: usize = 32;

/// A request, as the gateway hands it on.
struct Asked {
    route: Option<Route>,
    event: String,
}

/// What became of a request. What chance decided is named by whose it is.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// What the gateway is answered.
    answer: Value,
    /// The actor, the type and the id of the request in each event of the user whom the request is about.
    recorded: Vec<Value>,
}

/// A stage with all the callers on it, whose issuer has to be asked for its keys.
struct Crowd {
    stage: Stage,
    key_server: KeyServer,
    /// The text of each caller's API key, and its id.
    api_keys: Vec<(String, String)>,
}

fn organisation(caller: usize) -> String {
    format!("org-{caller}")
}

fn user(caller: usize) -> String {
    format!("user-{caller}")
}

impl Crowd {
    async fn new() -> Self {
        let issuer = LocalIssuer::ephemeral().expect("a signing key");
        let keys = issuer.key_set()["keys"].as_array().expect("keys").clone();
        let key_server = KeyServer::start(&keys).await;
        let signing_keys = SigningKeyConfig::Url(key_server.url().to_owned());
        let tokens = TokenConfig { signing_keys, ..issuer.token_config().expect("a key set") };
        let setting =
            Setting { required: RequiredCredentials::Either, tokens: Some(tokens), ..Setting::default() };
        let mut stage = Stage::set(setting).await;
        stage.issuer = Arc::new(issuer);
        let mut api_keys = Vec::new();
        for caller in 0..CALLERS {
            let (text, id) = stage.api_key(&organisation(caller)).await;
            api_keys.push((text, id.as_str().to_owned()));
        }
        Self { stage, key_server, api_keys }
    }

    /// Each caller's request: accepted or refused in one way or another.
    fn requests(&self) -> Vec<Asked> {
        (0..CALLERS).map(|caller| self.request(caller)).collect()
    }

    fn request(&self, caller: usize) -> Asked {
        let (org, user, stage) = (organisation(caller), user(caller), &self.stage);
        let add = json!({"orgId": org, "note": format!("the note of {caller}")});
        let (route, token, body) = match caller % 8 {
            0 => (Some(Route::AddPhysicalKey), stage.user_token(&user), add),
            1 => (Some(Route::AddPhysicalKey), stage.service_token(&org), add),
            2 => (Some(Route::AddPhysicalKey), stage.manager_token(&format!("manager-{caller}"), &org), add),
            3 => (
                Some(Route::AddPhysicalKey),
                stage.user_token(&user),
                json!({"orgId": caller, "other": caller}),
            ),
            4 => (Some(Route::RemovePhysicalKey), stage.user_token(&user), json!({"number": caller + 1})),
            5 => (Some(Route::ListPhysicalKeys), stage.user_token(&user), Value::Null),
            6 => (Some(Route::AddPhysicalKey), format!("{}x", stage.user_token(&user)), add),
            _ => (None, stage.user_token(&user), Value::Null),
        };
        let (method, path) = match route {
            Some(route) => (route.method(), route.path().replace("{id}", &user)),
            None => (Route::AddPhysicalKey.method(), format!("/nowhere/{caller}")),
        };
        let event = json!({
            "version": "2.0",
            "routeKey": route.map_or("$default".to_owned(), |route| format!("{method} {}", route.path())),
            "rawPath": path,
            "rawQueryString": "",
            "headers": {
                "content-type": "application/json",
                "authorization": format!("Bearer {token}"),
                "x-api-key": self.api_keys[caller].0,
                "idempotency-key": format!("attempt-{caller}"),
            },
            "pathParameters": {"id": user},
            "requestContext": {
                "http": {"method": method.as_str(), "path": path, "sourceIp": format!("203.0.113.{caller}")},
                "requestId": format!("request-{caller}"),
            },
            "body": if body.is_null() { Value::Null } else { body.to_string().into() },
            "isBase64Encoded": false,
        });
        Asked { route, event: event.to_string() }
    }

    /// Has a request answered, in the words of its own id.
    async fn answer(&self, asked: &Asked) -> Value {
        let (reply, answer) = self.stage.invoke_text(asked.route, &asked.event, PATIENCE).await;
        let request_id = reply.header("x-request-id").expect("every answer has one");
        let (of_gateway, _) = request_id.split_once('.').expect("a dot");
        let mut answer = parse(&answer.to_string().replace(request_id, of_gateway));
        let has_event = answer["headers"].as_object_mut().expect("headers").remove("event-hash").is_some();
        answer["hasEvent"] = has_event.into();
        answer
    }

    /// What became of the requests, given what they were answered.
    async fn told(&self, answers: Vec<Value>) -> Vec<Told> {
        let stored = self.stage.stored().await;
        let recorded = |caller| {
            let user = format!("USER#{}", user(caller));
            let events = stored.iter().filter(|((pk, sk), _)| *pk == user && sk.starts_with("EVENT#"));
            events.map(|(_, item)| self.recorded(item)).collect()
        };
        let told = answers.into_iter().enumerate();
        told.map(|(caller, answer)| Told { answer, recorded: recorded(caller) }).collect()
    }

    fn recorded(&self, item: &Value) -> Value {
        let record = parse(&self.named(item["record"]["S"].as_str().expect("a record")));
        let (request_id, _) = record["requestId"].as_str().and_then(|id| id.split_once('.')).expect("an id");
        json!({"actor": record["actor"], "type": record["type"], "requestId": request_id})
    }

    /// A text that names whose an API key is, instead of its id.
    fn named(&self, text: &str) -> String {
        let keys = self.api_keys.iter().enumerate();
        keys.fold(text.to_owned(), |text, (of, (_, id))| text.replace(id, &format!("api-key-of-{of}")))
    }

    /// The lines that were logged since there were so many, by the ids of their requests.
    fn lines(&self, since: usize) -> Vec<Value> {
        let mut lines: Vec<_> =
            log::text().lines().skip(since).map(|line| parse(&self.named(line))).collect();
        lines.retain(|line| line["request_id"].is_string());
        for line in &mut lines {
            let (of_gateway, _) =
                line["request_id"].as_str().and_then(|id| id.split_once('.')).expect("an id");
            line["request_id"] = of_gateway.to_owned().into();
            let members = line.as_object_mut().expect("an object");
            members.retain(|name, _| !["timestamp", "duration_ms", "store_ms"].contains(&name.as_str()));
        }
        lines.sort_by_key(|line| line["request_id"].to_string());
        lines
    }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// What becomes of the requests one by one.
async fn one_by_one() -> (Vec<Told>, Vec<Value>) {
    let (crowd, since) = (Crowd::new().await, log::text().lines().count());
    let mut answers = Vec::new();
    for asked in crowd.requests() {
        answers.push(crowd.answer(&asked).await);
    }
    (crowd.told(answers).await, crowd.lines(since))
}

/// Whether everybody got what was theirs, which the comparison with one by one would not see if both were wrong.
fn check_that_each_is_its_own(told: &[Told]) {
    let mut statuses = Vec::new();
    for (caller, told) in told.iter().enumerate() {
        assert_eq!(told.answer["headers"]["x-request-id"], format!("request-{caller}"), "{told:?}");
        let status = told.answer["statusCode"].as_u64().expect("a status");
        assert_eq!(
            (status == 200, !told.recorded.is_empty()),
            (matches!(caller % 8, 0 | 1 | 2 | 5), caller % 8 < 3)
        );
        for recorded in &told.recorded {
            assert_eq!(recorded["requestId"], format!("request-{caller}"));
            assert_eq!(recorded["actor"]["orgId"], organisation(caller));
            assert_eq!(recorded["actor"]["apiKeyId"], format!("api-key-of-{caller}"));
        }
        statuses.push(status);
    }
    assert_eq!(statuses[..8], [200, 200, 200, 400, 404, 200, 401, 404]);
}

#[tokio::test]
async fn requests_answered_at_once_by_one_process_are_answered_and_logged_as_one_by_one() {
    log::keep();
    let (expected, expected_lines) = one_by_one().await;
    check_that_each_is_its_own(&expected);
    let (crowd, since) = (Crowd::new().await, log::text().lines().count());
    // None goes on before the issuer has told its keys, and it is not let tell them before all have begun.
    crowd.key_server.hold(true);
    let requests = crowd.requests();
    let answers = join_all(requests.iter().map(|asked| crowd.answer(asked)));
    let let_go = async {
        crowd.key_server.asked(1).await;
        crowd.key_server.hold(false);
    };
    let (answers, ()) = tokio::join!(answers, let_go);
    let lines = crowd.lines(since);
    assert_eq!(crowd.told(answers).await, expected);
    assert_eq!((lines.len(), lines), (CALLERS, expected_lines));
    assert_eq!(crowd.key_server.requests(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_answered_on_several_threads_at_once_are_answered_as_one_by_one() {
    let (expected, _) = one_by_one().await;
    let crowd = Arc::new(Crowd::new().await);
    let requests = crowd.requests();
    crowd.key_server.hold(true);
    let answering = requests.into_iter().map(|asked| {
        let crowd = Arc::clone(&crowd);
        tokio::spawn(async move { crowd.answer(&asked).await })
    });
    let answering: Vec<_> = answering.collect();
    crowd.key_server.asked(1).await;
    crowd.key_server.hold(false);
    let answers = join_all(answering).await.into_iter().map(|answer| answer.expect("no panic")).collect();
    assert_eq!(crowd.told(answers).await, expected);
}
