//! The command line, read; what is wrong with it is said with all that could be meant.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Command, CommandFactory, Parser};

use crate::arguments::Arguments;

/// The arguments of this process. If they make no sense, it ends here with exit code 2.
pub(crate) fn arguments() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| with_choices(error).exit())
}

/// The same error, with the commands that there are where one was mistyped.
fn with_choices(mut error: Error) -> Error {
    let tip = match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (
            ErrorKind::InvalidSubcommand | ErrorKind::ArgumentConflict,
            Some(ContextValue::String(mistyped)),
        ) if !commands_where(mistyped).contains(mistyped) => {
            format!("the commands are {}", commands_where(mistyped).join(", "))
        }
        (ErrorKind::ArgumentConflict, Some(ContextValue::String(_)))
            if error.get(ContextKind::PriorArg).is_some() =>
        {
            "what is before a command is for `serve`; a command's own options come after it".to_owned()
        }
        _ => return error,
    };
    let mut tips = match error.remove(ContextKind::Suggested) {
        Some(ContextValue::StyledStrs(tips)) => tips,
        _ => Vec::new(),
    };
    tips.push(tip.into());
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    error
}

/// The commands that could have stood where this one did.
fn commands_where(mistyped: &str) -> Vec<String> {
    let mut command = Arguments::command();
    for argument in std::env::args().skip(1).take_while(|argument| argument != mistyped) {
        if let Some(below) = command.find_subcommand(&argument) {
            command = below.clone();
        }
    }
    command.get_subcommands().map(Command::get_name).map(str::to_owned).collect()
}
