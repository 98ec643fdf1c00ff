//! What changes as it happens, as an iterator.

use std::fmt;
use std::time::Duration;

use crate::blocking::Client;
use crate::error::Error;
use crate::{AppEvent, Changes};

/// What is told of changes, as [`Watch`](crate::Watch) tells it: each item is waited for as long as it takes. It ends after
/// the first error.
#[must_use = "nothing is asked for until the next event is"]
pub struct Watch<T> {
    client: Client,
    /// `None` after an error.
    watch: Option<crate::Watch<T>>,
}

impl Client {
    /// As [`Client::watch`](crate::Client::watch).
    ///
    /// ```no_run
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// for changes in client.watch("user_0001", None) {
    ///     println!("{} records changed", changes?.page.contacts.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, from: &str, cursor: Option<&str>) -> Watch<Changes> {
        Watch { client: self.clone(), watch: Some(self.client.watch(from, cursor)) }
    }

    /// As [`Client::watch_application`](crate::Client::watch_application).
    pub fn watch_application(&self, cursor: Option<&str>) -> Watch<AppEvent> {
        Watch { client: self.clone(), watch: Some(self.client.watch_application(cursor)) }
    }
}

impl<T> Watch<T> {
    /// The next event, if it comes in this time, so that a program can do something else in between. Nothing is lost by
    /// giving up.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # fn example(client: foldmark_client::blocking::Client) -> Result<(), foldmark_client::Error> {
    /// let mut watch = client.watch("user_0001", None);
    /// match watch.next_within(Duration::from_secs(1)) {
    ///     Ok(Some(changes)) => println!("revision {}", changes.revision),
    ///     Ok(None) => println!("nothing happened, or the watch has ended"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<T>, Error> {
        let Some(watch) = &mut self.watch else {
            return Ok(None);
        };
        let waited = async { tokio::time::timeout(limit, watch.try_next()).await.unwrap_or(Ok(None)) };
        let next = self.client.wait(waited);
        if next.is_err() {
            self.watch = None;
        }
        next
    }
}

impl<T> Iterator for Watch<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.client.wait(self.watch.as_mut()?.try_next()).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.watch = None;
        }
        next
    }
}

impl<T> std::iter::FusedIterator for Watch<T> {}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
