//! Why a cluster could not be started or steered.

use std::fmt;
use std::io;

/// What went wrong, in words for whoever runs the tests.
#[derive(Debug)]
pub enum Error {
    /// The operating system refused something.
    Io {
        /// What was tried.
        action: String,
        /// Why it did not work.
        source: io::Error,
    },
    /// A program that installs something failed.
    Install {
        /// Its command line.
        command: String,
        /// The end of what it printed.
        output: String,
    },
    /// A node did not do what was waited for.
    Node {
        /// Which node, and what it did or failed to do.
        what: String,
        /// The end of its log.
        log: String,
    },
    /// All loopback addresses that clusters use are taken.
    NoAddress,
    /// The environment names something that is no address.
    ContactPoint(String),
}

impl Error {
    pub(crate) fn io(action: impl Into<String>, source: io::Error) -> Error {
        Error::Io { action: action.into(), source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Io { action, source } => write!(f, "cannot {action}: {source}"),
            Error::Install { command, output } => write!(f, "`{command}` failed:\n{output}"),
            Error::Node { what, log } => write!(f, "{what}; its log ends with:\n{log}"),
            Error::NoAddress => f.write_str("all of 127.0.1.x to 127.0.100.x are in use"),
            Error::ContactPoint(text) => write!(
                f,
                "{} must be a comma list of ADDRESS:PORT, but holds '{text}'",
                crate::CONTACT_POINTS_VARIABLE
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
