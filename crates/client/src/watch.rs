//! Watching: what changes is told as it happens, and a connection that is lost is made again.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use foldmark_wire::devices_reply::GetChangesReply;
use foldmark_wire::reply::read_reply;
use futures_util::stream::{BoxStream, Stream, StreamExt, TryStreamExt};
use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::events::Event;
use crate::follow::{Follow, follow};

impl Client {
    /// Tells what changes of a user, as it happens, from `cursor` on: the one of an earlier [`Changes`] or of
    /// [`Client::get_changes`]. Without one, all that is kept is told first, with `reset`.
    ///
    /// ```no_run
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let mut watch = client.watch("user_0001", None);
    /// while let Some(changes) = watch.try_next().await? {
    ///     for record in &changes.page.contacts {
    ///         println!("{} has the marks {:b}", record.contact.peer(), record.standard_mark.0);
    ///     }
    ///     // Kept by a program that wants to go on here when it is started again.
    ///     let place = &changes.page.cursor;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(&self, from: &str, cursor: Option<&str>) -> Watch<Changes> {
        Watch(follow(Follow::new(self.clone(), Some(from), cursor, changes)).boxed())
    }

    /// Tells which users of the application change, from `cursor` on, the one of an earlier [`AppEvent`]. For
    /// administrators, and not in a cluster, where it is refused.
    ///
    /// ```no_run
    /// use foldmark_client::AppEvent;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let mut watch = client.watch_application(None);
    /// while let Some(event) = watch.try_next().await? {
    ///     match event {
    ///         AppEvent::Reset { .. } => println!("what happened before is not known"),
    ///         AppEvent::Changed { user, revision, .. } => println!("{user} is at revision {revision}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_application(&self, cursor: Option<&str>) -> Watch<AppEvent> {
        Watch(follow(Follow::new(self.clone(), None, cursor, app_event)).boxed())
    }
}

/// What changed of a user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Changes {
    /// The user's revision on which it depends.
    #[serde(rename = "Revision")]
    pub revision: u64,
    /// A page as [`Client::get_changes`] gives it, to be applied whole. Its cursor is the place behind it.
    #[serde(flatten)]
    pub page: GetChangesReply<'static>,
}

/// What happened in an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppEvent {
    /// What happened before is not known: any user may have changed.
    Reset {
        /// The place behind this event.
        cursor: String,
    },
    /// A user was changed; what changed of him, [`Client::get_changes`] tells.
    Changed {
        /// The user.
        user: String,
        /// His revision.
        revision: u64,
        /// The place behind this event.
        cursor: String,
    },
}

/// What is told of changes, for as long as somebody asks for the next. It ends after the first error.
///
/// A connection that is lost, that has said nothing for [`Builder::watch_silence`](crate::Builder::watch_silence), or that a
/// stopping server has ended is made again where it was, after a random pause of at most a second that doubles up to 15
/// while nothing is told and no connection lasts. Before the first one stood, that is done
/// [`Builder::retries`](crate::Builder::retries) times, so that a wrong address is found out; later, for as long as it takes. Everything that the server refuses for good is an
/// error: no right, no such account, a UserSig that is not accepted. A UserSig that has expired is renewed by a client
/// with a key, as often as it takes.
///
/// Nothing is read ahead of who asks: a slow reader is told several changes at once. It is a [`Stream`], and can be read
/// without one, by [`Watch::try_next`], which may be dropped while it waits. It borrows nothing. Dropping the watch ends
/// it.
#[must_use = "nothing is asked for until the next event is"]
pub struct Watch<T>(BoxStream<'static, Result<T, Error>>);

impl<T> Watch<T> {
    /// Waits for the next event; `None` after an error.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        TryStreamExt::try_next(&mut self.0).await
    }
}

impl<T> Stream for Watch<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// Events of other names may come with newer servers, and are passed over.
fn changes(event: &Event) -> Result<Option<Changes>, Error> {
    match event.name.as_str() {
        "changes" => {
            read_reply(event.data.as_bytes()).map(Some).map_err(|error| Error::from_reply(error, None))
        }
        _ => Ok(None),
    }
}

fn app_event(event: &Event) -> Result<Option<AppEvent>, Error> {
    #[derive(Deserialize)]
    struct User {
        #[serde(rename = "From_Account")]
        user: String,
        #[serde(rename = "Revision")]
        revision: u64,
    }
    let cursor = event.id.clone();
    match event.name.as_str() {
        "reset" => Ok(Some(AppEvent::Reset { cursor })),
        "user" => match serde_json::from_str(&event.data) {
            Ok(User { user, revision }) => Ok(Some(AppEvent::Changed { user, revision, cursor })),
            Err(error) => Err(Error::Malformed { reason: error.to_string() }),
        },
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use foldmark_wire::samples::{WATCH_CHANGES, WATCH_USER};

    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event { id: "5f-1".to_owned(), name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn the_golden_events_are_read() {
        let read = changes(&event("changes", WATCH_CHANGES.text)).unwrap().unwrap();
        assert_eq!((read.revision, read.page.cursor.as_ref()), (8, "AQ0123456789"));
        assert_eq!((read.page.contacts.len(), read.page.removed.len(), read.page.reset), (1, 1, false));
        let read = app_event(&event("user", WATCH_USER.text)).unwrap().unwrap();
        let cursor = || "5f-1".to_owned();
        assert_eq!(read, AppEvent::Changed { user: "user_0001".to_owned(), revision: 8, cursor: cursor() });
        let read = app_event(&event("reset", "{}")).unwrap().unwrap();
        assert_eq!(read, AppEvent::Reset { cursor: cursor() });
    }

    #[test]
    fn unknown_events_are_passed_over_and_broken_ones_are_errors() {
        assert_eq!(changes(&event("news", "?")), Ok(None));
        assert_eq!(app_event(&event("news", "?")), Ok(None));
        assert!(matches!(changes(&event("changes", "{}")), Err(Error::Malformed { .. })));
        assert!(matches!(app_event(&event("user", "{}")), Err(Error::Malformed { .. })));
    }
}
