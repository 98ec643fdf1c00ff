//! The store seam: what the server needs of a place that keeps subjects, and the stores that provide it.
//!
//! A store holds no rule. It keeps bytes, compares one revision, and writes one subject's changes atomically and
//! durably. It knows no kind of row but the head. All stores behave the same, which [`contract`] checks.

pub mod contract;
pub mod embedded;
pub mod memory;
mod seam;

pub use seam::{CommitError, Page, Select, Store, StoreError, SubjectEntry, WalkFrom};
