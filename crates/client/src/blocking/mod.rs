//! The same client for programs without async code (feature `blocking`).
//!
//! ```no_run
//! use foldmark_client::blocking::Client;
//! use foldmark_client::{Contact, MarkItem};
//!
//! # fn example() -> Result<(), foldmark_client::Error> {
//! let client = Client::builder("http://127.0.0.1:8080", 1_400_000_000)
//!     .key("the application's secret key")
//!     .build_blocking()?;
//! client.mark_contact("user_0001", &[MarkItem::setting(Contact::user("user_0002"), 1)])?;
//! for record in client.records("user_0001") {
//!     println!("{}", record?.contact.peer());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Every call of the asynchronous [`Client`](crate::Client) is here under its name, with the same repeats and time limits.
//!
//! Each client and its clones have a runtime with one thread, which keeps their connections; the thread ends with the
//! last clone. A call blocks the thread that it is made on, so on a thread of a Tokio runtime, `spawn_blocking` included,
//! it is refused with [`Error::Runtime`] and nothing is sent: the asynchronous client is for there. A client may be made and
//! dropped anywhere, and used by many threads at once.

mod accounts;
mod chat_groups;
mod contact_groups;
mod devices;
mod paged;
mod watch;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use foldmark_wire::CallName;
use tokio::runtime::{self, Handle, Runtime};

use crate::builder::Builder;
use crate::client::RawReply;
use crate::error::Error;

pub use paged::Paged;
pub use watch::Watch;

/// A client whose calls block. Clones share everything but their guards.
///
/// ```
/// use foldmark_client::Error;
/// use foldmark_client::blocking::Client;
///
/// fn connect(key: &str) -> Result<Client, Error> {
///     Client::builder("http://127.0.0.1:8080", 1_400_000_000).key(key).build_blocking()
/// }
/// ```
#[derive(Clone)]
pub struct Client {
    client: crate::Client,
    worker: Arc<Worker>,
}

/// The runtime. It is there until it is dropped.
struct Worker(Option<Runtime>);

impl Client {
    /// Starts a client, as [`Client::builder`](crate::Client::builder) does; end with
    /// [`build_blocking`](Builder::build_blocking).
    ///
    /// ```
    /// let builder = foldmark_client::blocking::Client::builder("https://chat.example:8443", 1_400_000_000);
    /// ```
    pub fn builder(url: impl Into<String>, sdkappid: u32) -> Builder {
        crate::Client::builder(url, sdkappid)
    }

    pub(crate) fn new(client: crate::Client) -> Result<Self, Error> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("foldmark-client")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::Configuration(format!("the client's thread cannot be started: {error}"))
            })?;
        Ok(Self { client, worker: Arc::new(Worker(Some(runtime))) })
    }

    /// Makes a call with a body of the caller's own, once, and gives back whatever the server answers.
    ///
    /// ```
    /// use foldmark_client::{CallName, blocking};
    ///
    /// # fn example(client: blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let reply = client.call_raw(CallName::AccountCheck, r#"{"CheckItem":[{"UserID":"user_0001"}]}"#)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_raw(&self, call: CallName, body: impl Into<Bytes>) -> Result<RawReply, Error> {
        self.wait(self.client.call_raw(call, body))
    }

    /// As [`Client::if_revision`](crate::Client::if_revision).
    #[must_use]
    pub fn if_revision(&self, revision: u64) -> Client {
        Client { client: self.client.if_revision(revision), worker: Arc::clone(&self.worker) }
    }

    /// As [`Client::idempotency_key`](crate::Client::idempotency_key).
    #[must_use]
    pub fn idempotency_key(&self, key: impl Into<String>) -> Client {
        Client { client: self.client.idempotency_key(key), worker: Arc::clone(&self.worker) }
    }

    /// Waits for a call on this thread, unless that would hold up a runtime.
    fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let outside = Handle::try_current().is_err_and(|error| error.is_missing_context());
        match &self.worker.0 {
            Some(runtime) if outside => runtime.block_on(call),
            _ => Err(Error::Runtime {
                reason: "a blocking client was called inside of a Tokio runtime; use `foldmark_client::Client` there",
            }),
        }
    }
}

/// Shows who calls where, and no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.client.fmt(f)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Waiting for the thread, as a runtime does when it is dropped, is a panic inside of another runtime.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
