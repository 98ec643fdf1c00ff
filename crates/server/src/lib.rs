//! The Foldmark server: HTTP, configuration, authentication and the execute loop around the rules.
//!
//! A request passes the gate (`gate.rs`), becomes a command in a handler (`calls/`), and is carried out by the one loop
//! (`execute.rs`). Time, chance, tasks and the environment come from one file each.

mod admin;
mod apps;
pub mod audit;
mod auth;
pub mod backup;
mod body;
mod calls;
mod clients;
pub mod clock;
mod codes;
mod commit;
pub mod config;
mod console;
mod cursor;
pub mod dev;
mod directory;
mod end_users;
mod execute;
mod failures;
mod figures;
mod first_bytes;
pub mod first_run;
mod gate;
mod guards;
mod limits;
mod listener;
mod live;
mod locks;
mod metrics;
mod openapi;
pub mod random;
mod reload;
mod request_id;
pub mod secret_file;
mod server;
mod spans;
mod stores;
mod tasks;
#[cfg(test)]
mod testing;
mod tls;
mod tokens;
pub mod transfer;
pub mod utc;
mod watch;
mod webhooks;

pub use execute::{Decided, Observer, Stage};
pub use reload::{Loader, Reloaded};
pub use server::{Addresses, Beside, Inherited, ListenerKind, Server, StartError};
pub use spans::{SPANS, SpanParent};
pub use stores::{StoreOpenError, StoreTables, init_store, open_store};
pub use tls::TlsError;
