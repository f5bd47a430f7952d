//! Wires the answer to unknown routes to the Lambda runtime.

use std::process::ExitCode;

use key_inventory::chance::Chance;
use key_inventory::clock::Clock;
use key_inventory::lambda;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if let Err(exit_code) = lambda::start_without_backend() {
        return exit_code;
    }
    let (clock, chance) = (Clock::system(), Chance::system());
    lambda::serve(&clock, &chance, |request| no_such_route::handle(&clock, &chance, request)).await
}
