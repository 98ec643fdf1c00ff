//! The long forms of the checks, for hours that a person chooses.

use crate::run::Outcome;

/// What can be soaked.
pub(crate) const HELP: &str = "";

/// Runs the long form `name`.
pub(crate) fn soak(name: &str, _arguments: &[&str]) -> Outcome {
    Err(format!("there is no long form {name:?}"))
}
