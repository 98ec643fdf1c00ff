//! The commands for whoever installs the program: completions and man pages.

use std::path::PathBuf;

pub(super) const COMPLETIONS: &str = "\
Examples:
  foldmark completions bash > ~/.local/share/bash-completion/completions/foldmark
  foldmark completions zsh > ~/.zfunc/_foldmark
  foldmark completions fish > ~/.config/fish/completions/foldmark.fish";

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

pub(super) const MAN: &str = "\
Examples:
  foldmark man ./man
  foldmark man ~/.local/share/man/man1

Writes a page for each command, and foldmark.toml(5) for the configuration. The same version writes the same bytes.";

#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The folder to write to; made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
