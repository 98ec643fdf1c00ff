//! The store seam: what the server needs of a place that keeps subjects, and the stores that provide it.
//!
//! A store holds no rule. It keeps bytes, compares one revision, and writes one subject's changes atomically and
//! durably. It knows no kind of row but the head. All stores behave the same, which the suite in `contract` checks.
//!
//! The suite consists of tests, so that it is no part of the product: it is compiled for this crate's own tests, and
//! for the tests of other crates that ask for the feature `contract`.

#[cfg(feature = "cassandra")]
pub mod cassandra;
mod check;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod embedded;
mod key;
pub mod memory;
mod seam;
mod snapshot;

pub use seam::{CommitError, DuePage, Measures, Page, Select, Store, StoreError, SubjectEntry, WalkFrom};
pub use snapshot::{SnapshotError, SnapshotFacts};
