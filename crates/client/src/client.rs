//! The client itself: one call from its typed request to its typed reply, repeats included.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use foldmark_wire::CallName;
use foldmark_wire::query::{write_guards, write_query};
use foldmark_wire::reply::read_reply;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::builder::Builder;
use crate::error::Error;
use crate::signature::Signer;
use crate::transport::{self, Answer, Transport};
use crate::{clock, random, retry, trace};

/// A client of one application on one server. Clones share everything but their guards, so make one and clone it.
///
/// ```
/// use foldmark_client::{Client, Error};
///
/// # async fn example() -> Result<(), Error> {
/// let client = Client::builder("http://127.0.0.1:8080", 1_400_000_000).key("the application's secret key").build()?;
/// let another = client.clone();
/// tokio::try_join!(client.account_import("user_0001"), another.account_import("user_0002"))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>, pub(crate) Guards);

/// What is asked for beside each call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guards {
    if_revision: Option<u64>,
    idempotency_key: Option<String>,
}

pub(crate) struct Inner {
    /// Scheme, host and port.
    pub(crate) base: String,
    pub(crate) sdkappid: u32,
    pub(crate) identifier: String,
    pub(crate) signer: Signer,
    pub(crate) retries: u32,
    /// Of one try.
    pub(crate) timeout: Duration,
    /// Of a call with all its tries.
    pub(crate) deadline: Option<Duration>,
    /// How long a watch may hear nothing.
    pub(crate) watch_silence: Duration,
    pub(crate) transport: Transport,
}

/// What a call gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply<T> {
    /// The payload.
    pub value: T,
    /// The revision of the user or chat group on which the payload depends, if the server names one: a later change
    /// has a higher one.
    pub revision: Option<u64>,
}

/// An answer as it came, a refusal too.
#[derive(Clone, PartialEq, Eq)]
pub struct RawReply {
    /// The address that was posted to. It holds the UserSig, so it does not belong into logs.
    pub url: String,
    /// The body, byte for byte.
    pub body: Bytes,
    /// The revision of the user or chat group on which the answer depends, if the server names one.
    pub revision: Option<u64>,
}

impl Client {
    /// Starts a client of the application `sdkappid` on the server at `url`, such as `https://chat.example:8443`.
    ///
    /// ```
    /// let builder = foldmark_client::Client::builder("https://chat.example:8443", 1_400_000_000);
    /// ```
    pub fn builder(url: impl Into<String>, sdkappid: u32) -> Builder {
        Builder::new(url.into(), sdkappid)
    }

    /// A client whose calls are refused with 52001 unless the user has this revision. Only for calls that change one
    /// user; others are refused with 60025.
    #[must_use]
    pub fn if_revision(&self, revision: u64) -> Client {
        let guards = Guards { if_revision: Some(revision), ..self.1.clone() };
        Client(Arc::clone(&self.0), guards)
    }

    /// A client whose next call is carried out once however often it is sent, so that it is made again after every
    /// failure that a call which only reads is made again after. The key is 1 to 64 visible ASCII characters, and
    /// another one for each call. Only for calls that change one user; others are refused with 60025.
    #[must_use]
    pub fn idempotency_key(&self, key: impl Into<String>) -> Client {
        let guards = Guards { idempotency_key: Some(key.into()), ..self.1.clone() };
        Client(Arc::clone(&self.0), guards)
    }

    /// Makes a call with a body of the caller's own, once, and gives back whatever the server answers.
    ///
    /// ```
    /// use foldmark_client::CallName;
    ///
    /// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
    /// let reply = client.call_raw(CallName::AccountCheck, r#"{"CheckItem":[{"UserID":"user_0001"}]}"#).await?;
    /// println!("{}", String::from_utf8_lossy(&reply.body));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call_raw(&self, call: CallName, body: impl Into<Bytes>) -> Result<RawReply, Error> {
        let url = self.url(call);
        let span = trace::span(self, call);
        let limit = self.0.deadline.map_or(self.0.timeout, |deadline| deadline.min(self.0.timeout));
        let posted = self.0.transport.post(&url, body.into(), limit).instrument(span.clone()).await;
        trace::end(&span, 1, posted.as_ref().err());
        let Answer { body, revision } = posted?;
        Ok(RawReply { url, body, revision })
    }

    /// Makes a call, again where that is safe.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        call: CallName,
        request: &impl Serialize,
    ) -> Result<Reply<T>, Error> {
        let body = serde_json::to_vec(request).expect("writing plain structures to memory cannot fail");
        let span = trace::span(self, call);
        let mut tries = 0;
        let outcome = self.repeat(call, Bytes::from(body), &mut tries).instrument(span.clone()).await;
        trace::end(&span, tries, outcome.as_ref().err());
        outcome
    }

    async fn repeat<T: DeserializeOwned>(
        &self,
        call: CallName,
        body: Bytes,
        tries: &mut u32,
    ) -> Result<Reply<T>, Error> {
        let inner = &*self.0;
        let start = clock::monotonic();
        let left =
            || inner.deadline.map_or(Duration::MAX, |deadline| deadline.saturating_sub(start.elapsed()));
        loop {
            *tries += 1;
            let error = match self.attempt(call, body.clone(), inner.timeout.min(left())).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            let has_key = self.1.idempotency_key.is_some();
            if *tries > inner.retries || !retry::is_repeated(call, has_key, &error) {
                return Err(error);
            }
            let pause = retry::pause(&error, *tries, random::number());
            // A try that has no time would end as a time-out, which says less than the failure that is known.
            if pause >= left() {
                return Err(error);
            }
            trace::again(*tries, pause, &error);
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        call: CallName,
        body: Bytes,
        limit: Duration,
    ) -> Result<Reply<T>, Error> {
        let Answer { body, revision } = self.0.transport.post(&self.url(call), body, limit).await?;
        match read_reply(&body) {
            Ok(value) => Ok(Reply { value, revision }),
            Err(error) => Err(Error::from_reply(error, revision)),
        }
    }

    /// Whether the addresses of all calls fit into one.
    pub(crate) fn check_url(&self) -> Result<(), Error> {
        for call in CallName::ALL {
            transport::uri(&self.url(call))?;
        }
        Ok(())
    }

    fn url(&self, call: CallName) -> String {
        let inner = &*self.0;
        let usersig = inner.signer.usersig(inner.sdkappid, &inner.identifier, clock::unix_seconds());
        let mut query = write_query(inner.sdkappid, &inner.identifier, &usersig, random::number());
        write_guards(&mut query, self.1.if_revision, self.1.idempotency_key.as_deref());
        format!("{}{}?{query}", inner.base, call.path())
    }
}

/// Shows who calls where, and no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("url", &self.0.base)
            .field("sdkappid", &self.0.sdkappid)
            .field("identifier", &self.0.identifier)
            .finish_non_exhaustive()
    }
}

/// Shows the address without its query, which holds the UserSig.
impl fmt::Debug for RawReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawReply")
            .field("url", &self.url.split('?').next().unwrap_or_default())
            .field("body", &self.body)
            .field("revision", &self.revision)
            .finish()
    }
}
