//! Where the tests keep data: one server, in memory, or in a folder if it is to last.

use std::path::Path;

use foldmark_server::clock::Clock;
use foldmark_server::config::Settings;
use foldmark_server::{Beside, Observer, Server};

/// How many clients a test with many has.
pub(crate) const CLIENTS: usize = 64;

/// Tests do not disturb each other.
pub(crate) type Turn = ();

/// The configuration's tables of a new, empty store.
pub(crate) fn store() -> String {
    "[store]\nkind = \"memory\"\n".to_owned()
}

/// The tables of a store that keeps its data in `folder`.
pub(crate) fn lasting_store(folder: &Path) -> String {
    format!("[store]\nkind = \"embedded\"\npath = {folder:?}\n")
}

/// How many servers can share the store.
pub(crate) fn servers(_: &Settings) -> usize {
    1
}

pub(crate) async fn turn(_: &Settings) -> Turn {}

pub(crate) async fn start(settings: &Settings, clock: &Clock, observer: Option<Observer>) -> Server {
    Server::start_beside(settings, clock.clone(), Beside { observer, ..Beside::default() }).await.unwrap()
}
