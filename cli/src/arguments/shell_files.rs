//! The arguments of `shell-files`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ShellFilesArguments {
    /// Where shells and `man` look for such files: `~/.local/share` for one person, `/usr/local/share` for all.
    pub(crate) dir: PathBuf,
}
