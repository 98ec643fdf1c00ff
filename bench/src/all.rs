//! Everything in one run.

use crate::bench::Bench;
use crate::compare::Failure;

/// Runs every measurement but that of the cluster store.
pub(crate) fn run(bench: &mut Bench) -> Result<(), Failure> {
    crate::limit::run(bench)?;
    crate::search::run(bench)?;
    crate::mark::run(bench)?;
    crate::mixed::run(bench)?;
    crate::heavy::run(bench)?;
    crate::watchers::run(bench)?;
    crate::told::run(bench)?;
    crate::growth::run(bench)?;
    crate::memory::run(bench)?;
    crate::reopen::run(bench)?;
    crate::start::run(bench)
}
