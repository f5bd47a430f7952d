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
mod mistakes;
mod office;
mod page;
mod passing_faults;
mod physical_keys;
mod program;
mod reports;
mod restore;
mod sam_local;
mod shell_files;
mod smoke;
mod ten_thousand;
mod token_explain;
mod webdriver;
