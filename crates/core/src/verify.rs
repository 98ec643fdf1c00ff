//! The recount.
