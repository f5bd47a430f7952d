//! Every path that is no route, and every route with another method. API Gateway's own answers to these would not
//! have the contract's body, and preflights end here; this function has neither permissions nor configuration.

use api::http::exchange::Exchange;
use api::http::problem::Problem;
use api::http::routes::Route;
use lambda_http::{Body, Request, RequestExt, Response};
use process::chance::Chance;
use process::clock::Clock;

/// Answers one request.
pub async fn handle(clock: &Clock, chance: &Chance, request: Request) -> Response<Body> {
    Exchange::hold(&request, clock, chance, async |_: &mut Exchange| Err(problem(&request))).await
}

fn problem(request: &Request) -> Problem {
    match Route::of_decoded(request.raw_http_path()) {
        Some(route) if !route.takes(request.method()) => Problem::MethodNotAllowed(route),
        // The gateway found no route, so for this deployment there is none.
        Some(_) | None => Problem::RouteNotFound,
    }
}
