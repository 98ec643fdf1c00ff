//! One connection with one request under way: HTTP/1.1, kept alive.
//!
//! Whoever makes a request drives the connection too, within the same task. A task of its own for each connection
//! would cost two switches a request and a second place to clean up.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::bench::trouble::Trouble;

/// Bytes of an answer; those of the load's calls have some hundred.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A connection.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
}

impl Connection {
    /// Speaks HTTP on a stream. Fails with a reason for people.
    pub(super) async fn new<S>(stream: S) -> Result<Connection, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let made = http1::handshake(TokioIo::new(stream)).await;
        let (sender, driver) = made.map_err(|error| error.to_string())?;
        let future = Box::pin(async move {
            // How it ended shows in the request that was under way.
            let _ = driver.await;
        });
        Ok(Connection { sender, driver: Driver { future, ended: false } })
    }

    /// Whether a request can be sent: the server may have closed the connection while it was idle.
    pub(super) async fn is_open(&mut self) -> bool {
        poll_fn(|context| {
            self.driver.advance(context);
            Poll::Ready(())
        })
        .await;
        !self.driver.ended && !self.sender.is_closed()
    }

    /// Sends a request and waits for the body of its answer. After any failure the connection is of no use.
    pub(super) async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Bytes, Trouble> {
        let Connection { sender, driver } = self;
        let mut work = pin!(async {
            sender.ready().await.map_err(|_| Trouble::Broken)?;
            let answer = sender.send_request(request).await.map_err(|_| Trouble::Broken)?;
            if answer.status() != StatusCode::OK {
                return Err(Trouble::Status(answer.status().as_u16()));
            }
            let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok(body.map_err(|_| Trouble::Broken)?.to_bytes())
        });
        poll_fn(|context| {
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            driver.advance(context);
            // What the driver has just read is there now; waiting to be woken for it would be another turn.
            match work.as_mut().poll(context) {
                Poll::Pending if driver.ended => Poll::Ready(Err(Trouble::Broken)),
                polled => polled,
            }
        })
        .await
    }
}

/// What moves the bytes of a connection.
struct Driver {
    future: Pin<Box<dyn Future<Output = ()>>>,
    ended: bool,
}

impl Driver {
    fn advance(&mut self, context: &mut Context<'_>) {
        if !self.ended {
            self.ended = self.future.as_mut().poll(context).is_ready();
        }
    }
}
