//! The program as its users run it.

#![expect(clippy::unwrap_used, reason = "A test that cannot be set up ends here.")]

mod audit;
mod browser;
mod command_line;
mod doors;
mod folder;
mod program;
mod sam_local;
mod smoke;
mod spreadsheets;
mod webdriver;
