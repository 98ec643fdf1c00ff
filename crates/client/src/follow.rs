//! One connection of a watch after the other: when the next one is made, from where, and when none is.
//!
//! Invariants: between two connections there is always a pause; what was told is not asked for again; of what was not
//! asked for yet, nothing is kept but what one read of the connection gave.

use std::time::{Duration, Instant};

use foldmark_wire::Code;
use foldmark_wire::query::{write_parameter, write_query};
use foldmark_wire::reply::{ReplyError, read_reply};
use futures_util::stream::{self, Stream};
use serde::Deserialize;

use crate::client::Client;
use crate::error::Error;
use crate::events::{Event, Events};
use crate::signature::Signer;
use crate::transport::{ByteStream, Opened};
use crate::{clock, random, trace};

/// The longest first pause: what the server asks for by `retry`. It doubles while nothing is told and no connection lasts.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(15);

const PATH: &str = "/v4/foldmark/watch";

/// A watch under way.
pub(crate) struct Follow<T> {
    client: Client,
    /// `None`: the whole application.
    user: Option<String>,
    cursor: Option<String>,
    /// What an event tells; `None`, if it is not known.
    read: fn(&Event) -> Result<Option<T>, Error>,
    connection: Option<Connection>,
    /// Connections that failed since something was told, or since one lasted.
    failed: u32,
    /// Whether a connection ever stood.
    has_begun: bool,
    /// Whether a UserSig was refused as expired since a connection stood.
    was_expired: bool,
    ended: bool,
}

struct Connection {
    stream: ByteStream,
    events: Events,
    since: Instant,
}

impl<T> Follow<T> {
    pub(crate) fn new(
        client: Client,
        user: Option<&str>,
        cursor: Option<&str>,
        read: fn(&Event) -> Result<Option<T>, Error>,
    ) -> Self {
        Self {
            client,
            user: user.map(str::to_owned),
            cursor: cursor.map(str::to_owned),
            read,
            connection: None,
            failed: 0,
            has_begun: false,
            was_expired: false,
            ended: false,
        }
    }

    /// The next event, or the failure that ends the watch. May be dropped at any point and called again.
    async fn next(&mut self) -> Result<T, Error> {
        loop {
            let error = match self.told().await {
                Ok(told) => return Ok(told),
                Err(error) => error,
            };
            self.ended_a_connection();
            self.failed = self.failed.saturating_add(1);
            if !self.comes_back(&error) {
                return Err(error);
            }
            let pause = pause(self.failed, random::number());
            trace::watches_again(self.failed, pause, &error);
            tokio::time::sleep(pause).await;
        }
    }

    /// What a connection, which is no more, says of those to come although it may have told nothing: a quiet user is watched
    /// for as long as a busy one.
    fn ended_a_connection(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // The server took the UserSig, and said so before whatever it ended with.
        if connection.events.has_beaten {
            (self.has_begun, self.was_expired) = (true, false);
        }
        if clock::monotonic().duration_since(connection.since) > PAUSE_MAX {
            self.failed = 0;
        }
    }

    /// The next event of this connection, or of a new one if there is none.
    async fn told(&mut self) -> Result<T, Error> {
        let inner = self.client.0.clone();
        if self.connection.is_none() {
            let stream = match inner.transport.open(&self.url(), inner.timeout).await? {
                Opened::Stream(stream) => stream,
                Opened::Answer(answer) => return Err(refusal(&answer)),
            };
            self.connection =
                Some(Connection { stream, events: Events::default(), since: clock::monotonic() });
        }
        let Some(Connection { stream, events, .. }) = &mut self.connection else {
            unreachable!("there is one now")
        };
        loop {
            while let Some(event) = events.next() {
                if event.name == "end" {
                    return Err(refusal(event.data.as_bytes()));
                }
                let told = (self.read)(&event)?;
                if !event.id.is_empty() {
                    self.cursor = Some(event.id);
                }
                let Some(told) = told else { continue };
                (self.failed, self.has_begun, self.was_expired) = (0, true, false);
                return Ok(told);
            }
            let bytes = stream.read(inner.watch_silence).await?;
            events.take(&bytes).map_err(|reason| Error::Malformed { reason: reason.to_owned() })?;
        }
    }

    fn comes_back(&mut self, error: &Error) -> bool {
        if !self.has_begun && self.failed > self.client.0.retries {
            return false;
        }
        match error.code() {
            // Another one is made of the key.
            Some(Code::UserSigExpired) if matches!(self.client.0.signer, Signer::Key { .. }) => {
                !std::mem::replace(&mut self.was_expired, true)
            }
            // A minute's pause is asked for, and it would go on in the same way after it.
            Some(Code::TooManyFailures) => false,
            _ => error.is_retryable(),
        }
    }

    fn url(&self) -> String {
        let inner = &*self.client.0;
        let usersig = inner.signer.usersig(inner.sdkappid, &inner.identifier, clock::unix_seconds());
        let mut query = write_query(inner.sdkappid, &inner.identifier, &usersig, random::number());
        if let Some(user) = &self.user {
            write_parameter(&mut query, "From_Account", user);
        }
        if let Some(cursor) = &self.cursor {
            write_parameter(&mut query, "Cursor", cursor);
        }
        format!("{}{PATH}?{query}", inner.base)
    }
}

/// The events as a stream, which ends after the first error.
pub(crate) fn follow<T: 'static>(follow: Follow<T>) -> impl Stream<Item = Result<T, Error>> + Send {
    stream::unfold(Box::new(follow), |mut follow| async move {
        if follow.ended {
            return None;
        }
        let told = Box::pin(follow.next()).await;
        follow.ended = told.is_err();
        Some((told, follow))
    })
}

/// A refusal as the error that it is.
fn refusal(body: &[u8]) -> Error {
    #[derive(Debug, Deserialize)]
    struct Nothing {}
    match read_reply::<Nothing>(body) {
        Err(error @ ReplyError::Refused { .. }) => Error::from_reply(error, None),
        _ => Error::Malformed { reason: "it is neither a stream of events nor a refusal".to_owned() },
    }
}

/// How long to wait after so many failures in a row, from 1 on. `chance` is a random number.
fn pause(failed: u32, chance: u32) -> Duration {
    let doubled = PAUSE.saturating_mul(2_u32.saturating_pow(failed.saturating_sub(1)));
    let longest = doubled.min(PAUSE_MAX);
    // Between a half and the whole, so that watchers whom a server has lost do not come back together.
    longest / 2 + (longest / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_are_bounded() {
        let pause = |failed, chance| pause(failed, chance).as_millis();
        assert_eq!((pause(1, 0), pause(1, u32::MAX)), (500, 1_000));
        assert_eq!((pause(3, 0), pause(3, u32::MAX)), (2_000, 4_000));
        assert_eq!((pause(u32::MAX, 0), pause(u32::MAX, u32::MAX)), (7_500, 15_000));
    }

    #[test]
    fn what_is_no_refusal_is_malformed() {
        assert!(matches!(refusal(b"<html>"), Error::Malformed { .. }));
        assert!(matches!(refusal(br#"{"ActionStatus":"OK","ErrorCode":0}"#), Error::Malformed { .. }));
        let refused = refusal(br#"{"ActionStatus":"FAIL","ErrorCode":50003,"ErrorInfo":"no"}"#);
        assert_eq!(refused.code(), Some(Code::NotAdministrator));
    }
}
