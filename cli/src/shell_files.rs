//! `shell-files`: completions and man pages, made from the command line as it is.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use crate::arguments::Arguments;
use crate::arguments::shell_files::ShellFilesArguments;
use crate::output::{Failure, tell};

const NAME: &str = "physical-keys";
const SOURCE: &str = concat!("physical-keys ", env!("CARGO_PKG_VERSION"));
/// `clap_complete` 4.6.12 spells the name of a program with a hyphen in two ways, so that bash completes nothing behind a command
/// (clap-rs/clap issue 6421).
const MISSPELLED: &str = "physical__subcmd__keys";
const SPELLED: &str = "physical__keys";
/// Where each shell looks, below a folder such as `/usr/local/share`.
const COMPLETIONS: [(Shell, &str); 3] = [
    (Shell::Bash, "bash-completion/completions/physical-keys"),
    (Shell::Zsh, "zsh/site-functions/_physical-keys"),
    (Shell::Fish, "fish/vendor_completions.d/physical-keys.fish"),
];
/// Where `man` looks.
const PAGES: &str = "man/man1";

/// Writes all of them.
pub(crate) fn write(ShellFilesArguments { dir }: &ShellFilesArguments) -> Result<(), Failure> {
    for (shell, path) in COMPLETIONS {
        let mut completions = Vec::new();
        generate(shell, &mut Arguments::command(), NAME, &mut completions);
        let completions = String::from_utf8_lossy(&completions).replace(MISSPELLED, SPELLED);
        let path = dir.join(path);
        let written = parent(&path).and_then(|()| std::fs::write(&path, completions));
        written.map_err(|error| cannot_write(&path, error))?;
    }
    let pages = dir.join(PAGES);
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let written = std::fs::create_dir_all(&pages).and_then(|()| write_pages(&command, &pages));
    written.map_err(|error| cannot_write(&pages, error))?;
    tell(format!("Completions of bash, zsh and fish and the man pages are below {}.", dir.display()));
    Ok(())
}

/// The page of a command, and of each below it.
fn write_pages(command: &Command, pages: &Path) -> std::io::Result<()> {
    command.get_subcommands().try_for_each(|below| write_pages(below, pages))?;
    // What is made twice is the same twice: no date.
    let page = Man::new(command.clone()).date("\"\"").source(SOURCE).manual("Physical key inventory");
    page.generate_to(pages).map(drop)
}

fn parent(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

fn cannot_write(path: &Path, error: std::io::Error) -> Failure {
    Failure::because(format!("{} cannot be written", path.display()), error)
}
