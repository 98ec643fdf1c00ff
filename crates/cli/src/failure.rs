//! Why a command did not succeed: a text for stderr and an exit status.

use std::fmt;
use std::process::ExitCode;

use foldmark_client::Error;

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    text: String,
}

impl Failure {
    /// Something broke, or was refused: status 1.
    pub(crate) fn failed(text: impl fmt::Display) -> Failure {
        Failure { status: 1, text: text.to_string() }
    }

    /// The command line or the configuration is wrong: status 2.
    pub(crate) fn usage(text: impl fmt::Display) -> Failure {
        Failure { status: 2, text: text.to_string() }
    }

    /// No answer, or one that cannot be understood: status 3.
    pub(crate) fn transport(text: impl fmt::Display) -> Failure {
        Failure { status: 3, text: text.to_string() }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.status)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Refused { .. } => Failure::failed(error),
            Error::InvalidUrl { .. } | Error::Configuration(_) => Failure::usage(error),
            _ => Failure::transport(error),
        }
    }
}
