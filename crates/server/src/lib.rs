//! The Foldmark server.

pub mod config;
