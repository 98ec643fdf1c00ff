//! What the console shows of one server beside its configuration: what is counted of each application, the last hour of
//! it, and how much each application keeps.
//!
//! Nothing here is on the way of a call but the counting, which is a few relaxed additions; all of it is bounded, and
//! gone with the process.

mod app;
mod history;
mod latencies;
mod totals;
mod transactions;

pub(crate) use app::{AppFigures, Outcome};
pub(crate) use history::{AppSample, History, SampleTime, ServerSample, run};
pub(crate) use totals::{Counted, Totals, TotalsNow};
pub(crate) use transactions::TransactionFigures;
