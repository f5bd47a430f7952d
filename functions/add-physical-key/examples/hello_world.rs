//! The floor of the cold-start bench (`acceptance/benches/cold_start.rs`): a function that does nothing but answer.

use std::convert::Infallible;

use lambda_http::{Body, Request, Response, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let answer = |_: Request| async { Ok::<_, Infallible>(Response::new(Body::from("Hello, world!"))) };
    run(service_fn(answer)).await
}
