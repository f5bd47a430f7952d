//! `smoke`: whether a deployment does what it is for, by one add, one list, one removal, one refusal and one replay.

use std::time::Duration;

use domain::values::OrgId;
use process::clock::Clock;
use reqwest::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::api_client::{ApiClient, Told};
use crate::arguments::SmokeArguments;
use crate::output::{Failure, print_json, print_line};

const NOTE: &str = "Smoke test";
/// A deployment that does not answer for so long does not work.
const PATIENCE: Duration = Duration::from_secs(10);

/// A user of its own, and what is told of each step.
struct Smoke {
    client: ApiClient,
    org: OrgId,
    user: String,
}

/// A step that did what it should.
#[derive(Debug, Serialize)]
struct Step {
    step: &'static str,
    says: String,
}

/// What is told of all steps in JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    works: bool,
    user_id: &'a str,
    org_id: &'a OrgId,
    steps: &'a [Step],
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

/// Goes through all steps; the first that does not do what it should ends it.
pub(crate) async fn smoke(arguments: SmokeArguments) -> Result<(), Failure> {
    let client = ApiClient::open(&arguments.api)?.with_patience(PATIENCE);
    let org = client.organisation(arguments.org)?;
    let user = format!("smoke-{}", Clock::system().now().get());
    let smoke = Smoke { client, org, user };
    let mut steps = Vec::new();
    let told = smoke.go_through(|step, says| {
        if !arguments.output.json {
            print_line(format!("{step}: {says}"))?;
        }
        steps.push(Step { step, says });
        Ok(())
    });
    let told = told.await;
    let Smoke { client: _, org, user } = &smoke;
    if arguments.output.json {
        let fault = told.as_ref().err().map(ToString::to_string);
        print_json(&Report { works: told.is_ok(), user_id: user, org_id: org, steps: &steps, fault })?;
        return told;
    }
    told?;
    print_line(format!("The API works. {user} stays, with two events and no physical key."))
}

impl Smoke {
    async fn go_through(
        &self,
        mut tell: impl FnMut(&'static str, String) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let added = self.add().await?;
        tell("add", format!("physical key 1 of {} is issued by {}", self.user, self.org))?;
        self.list().await?;
        tell("list", "it is in the list".to_owned())?;
        self.remove().await?;
        tell("removal", "it is taken back".to_owned())?;
        self.be_refused().await?;
        tell("refusal", "it cannot be taken back twice".to_owned())?;
        self.be_answered_again(&added).await?;
        tell("replay", "the same request gets the same answer, and is carried out once".to_owned())
    }

    fn command<'a>(&'a self, name: &'a str) -> [&'a str; 3] {
        ["users", &self.user, name]
    }

    async fn send_add(&self) -> Result<Told, Failure> {
        let body = json!({"orgId": self.org, "note": NOTE});
        let key = format!("{}-add", self.user);
        Ok(self.client.try_post(&self.command("AddPhysicalKey"), &body, &key).await?)
    }

    async fn send_removal(&self, key: &str) -> Result<Told, Failure> {
        let key = format!("{}-{key}", self.user);
        let body = json!({"number": 1});
        Ok(self.client.try_post(&self.command("RemovePhysicalKey"), &body, &key).await?)
    }

    async fn add(&self) -> Result<Told, Failure> {
        let told = self.send_add().await?;
        let answer = expect("add", &told, StatusCode::OK)?;
        check(
            "add",
            answer["number"] == 1 && answer["version"] == 1,
            "the first number and version are not 1",
        )?;
        check("add", answer["event"]["type"] == "PhysicalKeyAdded", "the event is not PhysicalKeyAdded")?;
        check("add", answer["orgId"] == json!(self.org), "the answer is about another organisation")?;
        check("add", !told.replayed, "the answer is said to have been given before")?;
        Ok(told)
    }

    async fn list(&self) -> Result<(), Failure> {
        let told = self.client.try_get(&self.command("PhysicalKeys"), &[]).await?;
        let answer = expect("list", &told, StatusCode::OK)?;
        let found = answer["keys"][0]["number"] == 1 && answer["keys"][0]["note"] == NOTE;
        check(
            "list",
            found && answer["total"] == 1,
            "the physical key that was just added is not in the list",
        )
    }

    async fn remove(&self) -> Result<(), Failure> {
        let answer = expect("removal", &self.send_removal("remove").await?, StatusCode::OK)?;
        check("removal", answer["version"] == 2, "the version after it is not 2")?;
        check(
            "removal",
            answer["event"]["type"] == "PhysicalKeyRemoved",
            "the event is not PhysicalKeyRemoved",
        )
    }

    async fn be_refused(&self) -> Result<(), Failure> {
        let told = self.send_removal("remove-again").await?;
        let refusal = expect("refusal", &told, StatusCode::NOT_FOUND)?;
        let is_ours = refusal["error"] == "physical_key_not_found" && refusal["success"] == false;
        check("refusal", is_ours, "a physical key that is gone is not refused in the contract's words")
    }

    async fn be_answered_again(&self, first: &Told) -> Result<(), Failure> {
        let told = self.send_add().await?;
        expect("replay", &told, StatusCode::OK)?;
        check(
            "replay",
            told.replayed,
            "the same request with the same Idempotency-Key is carried out twice",
        )?;
        check(
            "replay",
            told.text == first.text,
            "the answer to the same request has other bytes than the first",
        )
    }
}

fn check(step: &str, holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure(format!("{step}: {otherwise}."))) }
}

/// The body of an answer of this status; otherwise, in words, what is there instead.
fn expect(step: &str, told: &Told, status: StatusCode) -> Result<Value, Failure> {
    let body: Value = serde_json::from_str(&told.text).unwrap_or_default();
    if told.status == status && body.is_object() {
        return Ok(body);
    }
    let (answered, wanted) = (told.status, status.as_u16());
    let Some(code) = body["error"].as_str() else {
        return Err(Failure(format!(
            "{step}: {answered} instead of {wanted}, and not in this API's words: is the URL the stack's ApiUrl, and \
             its function deployed?"
        )));
    };
    let message = body["message"].as_str().unwrap_or_default();
    let request = body["requestId"].as_str().unwrap_or_default();
    let hint = match answered.as_u16() {
        401 => "Are PHYSICAL_KEYS_TOKEN and PHYSICAL_KEYS_API_KEY of this deployment's issuer and table?",
        403 => "Use the credentials of a service of that organisation.",
        500.. => "The function's log says why.",
        _ => "",
    };
    let words = format!("{step}: {answered} ({code}) instead of {wanted}: {message} {hint}");
    Err(Failure(format!("{} Its request id is {request}.", words.trim_end())))
}
