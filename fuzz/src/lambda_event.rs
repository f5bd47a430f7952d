//! Events of API Gateway.

use std::sync::LazyLock;

use add_physical_key::AddPhysicalKeyRecipe;
use api::auth::{API_KEY_HEADER, Authenticator, Presented, RequiredCredentials};
use api::execute::CommandRecipe;
use api::gateway_event;
use api::http::answer::Answer;
use api::http::command;
use api::http::exchange::Exchange;
use api::http::problem::Problem;
use api::http::query::{self, Asking, LARGEST_PAGE, PageRequest, PhysicalKeyFilter};
use api::http::routes::Route;
use api::http::target::PathParameters;
use futures_util::FutureExt;
use lambda_http::http::HeaderMap;
use lambda_http::{Body, Context, Request, Response};
use process::chance::Chance;
use process::clock::Clock;
use remove_physical_key::RemovePhysicalKeyRecipe;
use serde_json::{Map, Value};

use crate::{NOW, api_key, cursor, token};

/// Words of ours, or of what we are made of, which no client is to see.
const INTERNAL: [&str; 6] = ["serde", "lambda_http", "panicked", "src/", "Error(", ".rs"];

/// Credentials that were presented with every request.
static PRESENTED: LazyLock<Presented> = LazyLock::new(|| {
    let authenticator = Authenticator::new(token::verifier(), RequiredCredentials::Either);
    let mut headers = HeaderMap::new();
    headers.insert(API_KEY_HEADER, api_key::ISSUED.0.parse().expect("a header"));
    authenticator.present(&headers, NOW).now_or_never().expect("nothing to wait for").expect("credentials")
});
static CLOCK: LazyLock<Clock> = LazyLock::new(|| Clock::from_fn(|| NOW));
static CHANCE: LazyLock<Chance> = LazyLock::new(|| Chance::from_fn(|bytes| bytes.fill(7)));

/// An event of the gateway, through everything that a function does before it knows who asks. Whatever it is, it is
/// answered, and not by "internal error".
pub fn lambda_event(bytes: &[u8]) {
    let Ok(event) = std::str::from_utf8(bytes) else { return };
    let answer = gateway_event::answer(event, Context::default(), &CLOCK, &CHANCE, handle);
    let answer = answer.now_or_never().expect("nothing to wait for");
    let answer: Map<String, Value> =
        serde_json::from_slice(&serde_json::to_vec(&answer).expect("JSON")).expect("an object");
    assert!(answer["statusCode"].as_u64().is_some_and(|status| (200..500).contains(&status)));
    let body = answer["body"].as_str().unwrap_or_default();
    assert!(INTERNAL.iter().all(|word| !body.contains(word) || event.contains(word)), "{body}");
}

async fn handle(request: Request) -> Response<Body> {
    Exchange::hold(&request, &CLOCK, &CHANCE, async |_| read(&request)).await
}

/// What the functions read of a request: the first of them that takes it, or the first refusal.
fn read(request: &Request) -> Result<Answer, Problem> {
    let asking = Asking { presented: &PRESENTED, cursors: &cursor::SEALER, now: NOW };
    let (user, organisation) = (PathParameters::user, PathParameters::organisation);
    let read = Route::ALL.map(|route| match route {
        Route::AddPhysicalKey => command::parse(request, route, AddPhysicalKeyRecipe::read).map(|_| ()),
        Route::RemovePhysicalKey => command::parse(request, route, RemovePhysicalKeyRecipe::read).map(|_| ()),
        Route::GetPhysicalKey => query::physical_key(request).map(|_| ()),
        Route::ListPhysicalKeys => {
            asking.read(request, route, user, PhysicalKeyFilter::read).map(|(_, _, page)| check(&page))
        }
        Route::ListPhysicalKeyEvents => {
            asking.read(request, route, user, |_| ()).map(|(_, (), page)| check(&page))
        }
        Route::ListOrgPhysicalKeys => {
            asking.read(request, route, organisation, |_| ()).map(|(_, (), page)| check(&page))
        }
    });
    let first = read.into_iter().reduce(Result::or).expect("there are routes");
    first.map(|()| Answer::to_query(&"read"))
}

fn check(page: &PageRequest<'_, String>) {
    assert!((1..=LARGEST_PAGE).contains(&page.limit) && page.after.is_none(), "nobody sealed it");
}
