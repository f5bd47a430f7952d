//! Every path that is no route, and every route with another method. API Gateway's own answers to these would not
//! have the contract's body, and preflights end here; so do probes, which cost a call of this function and nothing else: it has neither
//! permissions nor configuration.

use api::http::answer::Answer;
use api::http::exchange::Exchange;
use api::http::problem::Problem;
use api::http::routes::{HEALTH, READING, Route};
use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt, Response};
use process::chance::Chance;
use process::clock::Clock;

/// Answers one request.
pub async fn handle(clock: &Clock, chance: &Chance, request: Request) -> Response<Body> {
    Exchange::hold(&request, clock, chance, async |_: &mut Exchange| answer(&request)).await
}

fn answer(request: &Request) -> Result<Answer, Problem> {
    let (method, path) = (request.method(), request.raw_http_path());
    if HEALTH.contains(&path) {
        let reads = [Method::GET, Method::HEAD].contains(method);
        return if reads { Ok(Answer::to_health()) } else { Err(Problem::MethodNotAllowed(READING)) };
    }
    Err(match Route::of_decoded(path) {
        Some(route) if !route.takes(method) => Problem::MethodNotAllowed(route.allowed()),
        // The gateway found no route, so for this deployment there is none.
        Some(_) | None => Problem::RouteNotFound,
    })
}
