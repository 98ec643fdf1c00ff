//! `foldmark backup` and `foldmark restore`: the whole service as one file, and back.
//!
//! The container is the server's, see [`foldmark_server::backup`]; what is done with it here is the same with a running
//! server and without one.

pub(crate) mod check;
pub(crate) mod make;
pub(crate) mod restore;

use foldmark_server::config::{ADMIN_TOKEN_FILE, VIEWER_TOKEN_FILE};
use foldmark_server::first_run::KEY_FILE;

/// Files of a data folder beside the database, which hold secrets.
const COMPANIONS: &[&str] = &[KEY_FILE, ADMIN_TOKEN_FILE, VIEWER_TOKEN_FILE];
