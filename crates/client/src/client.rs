//! The client itself: one call from its typed request to its typed reply, repeats included.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use foldmark_wire::CallName;
use foldmark_wire::query::write_query;
use foldmark_wire::reply::read_reply;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::builder::Builder;
use crate::error::Error;
use crate::signature::Signer;
use crate::transport::{Answer, Transport};
use crate::{clock, random, retry};

/// A client of one application on one server. Clones share everything.
#[derive(Clone)]
pub struct Client(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    /// Scheme, host and port.
    pub(crate) base: String,
    pub(crate) sdkappid: u32,
    pub(crate) identifier: String,
    pub(crate) signer: Signer,
    pub(crate) retries: u32,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub fn builder(url: impl Into<String>, sdkappid: u32) -> Builder {
        Builder::new(url.into(), sdkappid)
    }

    /// Makes a call with a body of the caller's own, once, and gives back whatever the server answers.
    pub async fn call_raw(&self, call: CallName, body: impl Into<Bytes>) -> Result<RawReply, Error> {
        let url = self.url(call);
        let Answer { body, revision } = self.0.transport.post(&url, body.into()).await?;
        Ok(RawReply { url, body, revision })
    }

    /// Makes a call, again where that is safe.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        call: CallName,
        request: &impl Serialize,
    ) -> Result<Reply<T>, Error> {
        let body = serde_json::to_vec(request).expect("writing plain structures to memory cannot fail");
        let body = Bytes::from(body);
        let mut repeats = 0;
        loop {
            let error = match self.attempt(call, body.clone()).await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if repeats == self.0.retries || !retry::is_repeated(call, &error) {
                return Err(error);
            }
            repeats += 1;
            let pause = retry::pause(&error, repeats, random::number());
            let pause_ms = pause.as_millis() as u64;
            tracing::debug!(call = call.as_str(), repeat = repeats, pause_ms, %error, "a call is made again");
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt<T: DeserializeOwned>(&self, call: CallName, body: Bytes) -> Result<Reply<T>, Error> {
        let Answer { body, revision } = self.0.transport.post(&self.url(call), body).await?;
        match read_reply(&body) {
            Ok(value) => Ok(Reply { value, revision }),
            Err(error) => Err(Error::from_reply(error, revision)),
        }
    }

    fn url(&self, call: CallName) -> String {
        let inner = &*self.0;
        let usersig = inner.signer.usersig(inner.sdkappid, &inner.identifier, clock::unix_seconds());
        let query = write_query(inner.sdkappid, &inner.identifier, &usersig, random::number());
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
