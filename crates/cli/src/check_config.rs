//! `foldmark check-config`: the effective settings, or everything that is wrong with them.

use foldmark_server::config::describe;

use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::{log, out, trace};

pub(crate) fn run(config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?;
    log::filter(&settings.log)?;
    trace::check(&settings.trace)?;
    out::line(describe(&settings).trim_end())
}
