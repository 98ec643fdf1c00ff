//! Every measurement in its smallest form. What it finds means nothing; that it finds something is what counts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bench::{Bench, Plan};
use crate::compare::Failure;

/// Runs everything and checks that each comparison came to ratios.
pub(crate) fn run(foldmark: PathBuf, folder: &Path, json: Option<PathBuf>) -> Result<(), Failure> {
    let plan = Plan {
        pairs: 1,
        turn: Duration::from_millis(200),
        clients: 8,
        users: 3_000,
        many_users: 3_000,
        wide_users: 10,
        foldmark,
    };
    let mut bench = Bench::new(plan, folder)?;
    crate::all::run(&mut bench)?;
    let itself = bench.plan.foldmark.clone();
    crate::before::run(&mut bench, &itself)?;
    let report = &bench.report;
    for comparison in &report.comparisons {
        for ratio in &comparison.ratios {
            if ratio.pairs.is_empty() || ratio.pairs.iter().any(|ratio| !ratio.is_finite() || *ratio <= 0.0) {
                return Err(format!("{}: no ratio to {}", comparison.title, ratio.to).into());
            }
        }
    }
    if report.comparisons.is_empty() || report.facts.iter().any(|fact| fact.values.is_empty()) {
        return Err("something was not measured".into());
    }
    if let Some(json) = json {
        report.write(&json)?;
    }
    println!("\nAll measurements work: {} comparisons.", report.comparisons.len());
    Ok(())
}
