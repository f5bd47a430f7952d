//! How what was found is printed.

use clap::Args;

/// A report is for people unless it is asked for in JSON.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct JsonArguments {
    /// Print JSON: one object, or of a list one a line. docs/command-line.md has the members of each.
    #[arg(long)]
    pub(crate) json: bool,
}
