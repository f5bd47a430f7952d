//! Tokens of an issuer that nobody here wrote, by both grants, and its keys while they are rotated. `.ci/issuer/run` runs these tests,
//! which need Node and the package: they are left out unless asked for.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use acceptance::refused::Refused;
use acceptance::{RequestBuilder, Setting, Stage};
use api::config::{TokenConfig, required_credentials};
use process::clock::Clock;
use serde_json::json;

use crate::query_refusals::{another_users_inventory, one_user_only};
use crate::scene::ORGANISATION_REQUIRED;
use crate::tokens::{ANOTHER_AUDIENCE, EXPIRED, MALFORMED, SIGNATURE, UNKNOWN_KEY};
use crate::which_tokens::{ANOTHER_CLIENT, NO_ACCESS_TOKEN};

/// The issuer and somebody who gets tokens from it, until it is dropped.
struct Issuer {
    child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    address: String,
}

impl Issuer {
    fn start() -> Self {
        let main = concat!(env!("CARGO_MANIFEST_DIR"), "/../.ci/issuer/main.mjs");
        let mut command = Command::new("node");
        let command = command.arg(main).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("node");
        let asks = child.stdin.take().expect("standard input");
        let mut answers = BufReader::new(child.stdout.take().expect("standard output")).lines();
        let address = answers.next().expect("an address: is OIDC_PROVIDER set?").expect("a line");
        Self { child, asks, answers, address }
    }

    fn ask(&mut self, what: &str) -> String {
        writeln!(self.asks, "{what}").expect("standard input");
        let answer = self.answers.next().expect("an answer").expect("a line");
        assert!(!answer.starts_with("FAILED"), "{what}: {answer}");
        answer
    }

    /// A stage whose functions are told of this issuer as a deployment's are, by variables, and on which it is now. Acme is called as the
    /// issuer has it.
    async fn stage(&self, changes: &[(&str, &str)]) -> Stage {
        let keys = format!("{}/jwks", self.address);
        let variables = [
            ("JWT_ISSUER", self.address.as_str()),
            ("JWT_JWKS_URL", keys.as_str()),
            ("JWT_AUDIENCE", "https://keys.example/api"),
            ("JWT_CLIENTS", "portal,job"),
            ("JWT_SERVICE_CLAIM", "sub={client_id},scope=keys:service"),
            ("JWT_MANAGER_CLAIM", "groups=key-managers/{org}"),
            ("JWT_LONGEST_LIFETIME_HOURS", "1"),
            ("REQUIRED_CREDENTIALS", "either"),
        ];
        let lookup = |name: &str| {
            let mut all = changes.iter().chain(&variables);
            all.find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        };
        let required = required_credentials(&lookup).expect("which are required");
        let tokens = Some(TokenConfig::read(&lookup).expect("rules"));
        let stage = Stage::set(Setting { required, tokens, ..Setting::default() }).await;
        stage.register("demo-org").await;
        stage.pass(Clock::system().now().since(stage.now()));
        stage
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn adding(token: &str) -> RequestBuilder {
    RequestBuilder::add("alice", &json!({"orgId": "demo-org"})).bearer(token)
}

fn list_of(user: &str, token: &str) -> RequestBuilder {
    RequestBuilder::get(format!("/users/{user}/PhysicalKeys")).bearer(token)
}

#[tokio::test]
#[ignore = "needs Node and npm's oidc-provider"]
async fn a_key_manager_and_a_service_command_and_a_person_reads() {
    let mut issuer = Issuer::start();
    let stage = issuer.stage(&[]).await;
    let (person, manager, service) = (issuer.ask("person"), issuer.ask("manager"), issuer.ask("service"));
    for (number, token) in [(1, &manager), (2, &service)] {
        let added = adding(token).send(&stage).await;
        assert_eq!((added.status(), &added.json()["number"]), (200, &json!(number)), "{}", added.json());
    }
    let list = list_of("alice", &person).send(&stage).await;
    assert_eq!((list.status(), &list.json()["total"]), (200, &json!(2)), "{}", list.json());
    let history = RequestBuilder::get("/users/alice/PhysicalKeyEvents").bearer(&person).send(&stage).await;
    let history = history.json();
    let actor = |event: usize| &history["events"][event]["record"]["actor"];
    assert_eq!(actor(0), &json!({"type": "user", "iss": issuer.address, "id": "mia", "orgId": "demo-org"}));
    assert_eq!(
        actor(1),
        &json!({"type": "service", "iss": issuer.address, "id": "job", "orgId": "demo-org"})
    );

    let organisation_required = Refused::new(403, "organisation_required", ORGANISATION_REQUIRED);
    stage.refuses(adding(&person), organisation_required).await;
    stage.refuses(list_of("bob", &person), another_users_inventory()).await;
    let all = RequestBuilder::get("/orgs/demo-org/PhysicalKeys").bearer(&person);
    stage.refuses(all, one_user_only()).await;
}

#[tokio::test]
#[ignore = "needs Node and npm's oidc-provider"]
async fn what_the_issuer_gave_for_something_else_opens_nothing() {
    let mut issuer = Issuer::start();
    let stage = issuer.stage(&[]).await;
    let id_token = issuer.ask("id");
    for (token, reason) in [
        (&id_token, ANOTHER_AUDIENCE),
        (&issuer.ask("for-another-api"), ANOTHER_AUDIENCE),
        (&issuer.ask("of-another-client"), ANOTHER_CLIENT),
        (&issuer.ask("for-no-api"), MALFORMED),
    ] {
        stage.refuses(adding(token), Refused::bearer_token(reason)).await;
    }
    // Where the application's own id is taken for an audience, its ID tokens are for us, too.
    let careless = [("JWT_AUDIENCE", "https://keys.example/api,portal"), ("JWT_CLIENTS", "")];
    let careless = issuer.stage(&careless).await;
    careless.refuses(adding(&id_token), Refused::bearer_token(NO_ACCESS_TOKEN)).await;

    let (manager, person) = (issuer.ask("manager"), issuer.ask("person"));
    let (managers, persons): (Vec<_>, Vec<_>) = (manager.split('.').collect(), person.split('.').collect());
    let forged = [persons[0], managers[1], persons[2]].join(".");
    stage.refuses(adding(&forged), Refused::bearer_token(SIGNATURE)).await;
    assert_eq!(adding(&manager).send(&stage).await.status(), 200);
    stage.pass(Duration::from_mins(62));
    stage.refuses(adding(&manager), Refused::bearer_token(EXPIRED)).await;
}

#[tokio::test]
#[ignore = "needs Node and npm's oidc-provider"]
async fn keys_are_rotated_without_a_restart_and_withdrawn_ones_end_within_ten_minutes() {
    let mut issuer = Issuer::start();
    let stage = issuer.stage(&[]).await;
    let not_published = Refused::bearer_token(UNKNOWN_KEY);
    let first = issuer.ask("manager");
    assert_eq!(adding(&first).send(&stage).await.status(), 200);

    assert_eq!(issuer.ask("rotate ES256 second"), "second first");
    let second = issuer.ask("manager");
    stage.pass(Duration::from_secs(10));
    for token in [&second, &first] {
        assert_eq!(adding(token).send(&stage).await.status(), 200);
    }

    assert_eq!(issuer.ask("withdraw"), "second");
    stage.pass(Duration::from_secs(599));
    assert_eq!(adding(&first).send(&stage).await.status(), 200, "it is not known here yet");
    stage.pass(Duration::from_secs(1));
    stage.refuses(adding(&first), not_published.clone()).await;
    assert_eq!(adding(&second).send(&stage).await.status(), 200);
    issuer.stage(&[]).await.refuses(adding(&first), not_published).await;

    assert_eq!(issuer.ask("rotate Ed25519 third"), "third second");
    let third = issuer.ask("service");
    stage.pass(Duration::from_secs(10));
    assert_eq!(adding(&third).send(&stage).await.status(), 200);
}
