//! Whole users and chat groups, in and out: what export, import and restore are made of.
//!
//! Out: pages of the subjects of an application, each subject one snapshot. In: each subject one commit, decided like
//! every other change. Memory is bounded by a few users at a time, whatever the number of subjects.

mod export;
mod import;
mod lines;

pub(crate) use export::{Kind, PageQuery, count, one, page};
pub(crate) use import::{Puts, import};
pub use lines::line_of;
