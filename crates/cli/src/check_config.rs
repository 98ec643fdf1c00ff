//! `foldmark check-config`: the effective settings, or everything that is wrong with them.

use foldmark_server::config::describe;

use crate::failure::Failure;
use crate::settings::ConfigArgs;
use crate::{log, out};

pub(crate) fn run(config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?;
    log::filter(&settings.log)?;
    out::line(describe(&settings).trim_end())
}
