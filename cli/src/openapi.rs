//! `physical-keys openapi`: the OpenAPI document, for people and for generators of clients.

use clap::{Args, ValueEnum};

use crate::output::{self, Failure};

#[derive(Debug, Args)]
pub(crate) struct OpenapiArguments {
    /// The version of OpenAPI. 3.0 is for generators that do not read 3.1: the bus's events are under `x-webhooks` in it.
    #[arg(long, value_enum, default_value_t = Version::V3_1)]
    version: Version,
}

/// A version of OpenAPI.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Version {
    #[value(name = "3.1")]
    V3_1,
    #[value(name = "3.0")]
    V3_0,
}

/// Prints the document.
pub(crate) fn print(OpenapiArguments { version }: OpenapiArguments) -> Result<(), Failure> {
    output::print_line(match version {
        Version::V3_1 => api_reference::json(),
        Version::V3_0 => api_reference::json_3_0(),
    })
}
