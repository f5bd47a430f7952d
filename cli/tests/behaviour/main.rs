//! The program as its users run it.

#![expect(clippy::unwrap_used, reason = "A test that cannot be set up ends here.")]

mod audit;
mod audit_proof;
mod aws_credentials;
mod aws_refusals;
mod aws_stand_in;
mod browser;
mod command_line;
mod disturber;
mod documents;
mod doors;
mod erase;
mod export;
mod folder;
mod import;
mod import_again;
mod office;
mod passing_faults;
mod program;
mod restore;
mod sam_local;
mod smoke;
mod token_explain;
mod webdriver;
