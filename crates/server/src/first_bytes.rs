//! A connection whose first bytes have to come in time.
//!
//! The protocol of a connection is told by its first bytes, and hyper waits for these without a limit; its own limits
//! hold from then on. A connection that says nothing, or begins and stops, would otherwise keep its place for ever.

use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// The length of what HTTP/2 begins with, which is as much as is looked at.
const PREFACE_BYTES: usize = 24;

/// A stream of which reading fails if its first bytes do not come in time.
pub(crate) struct FirstBytes<S> {
    stream: S,
    missing: usize,
    /// `None` once they are there.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl<S> FirstBytes<S> {
    pub(crate) fn within(time: Duration, stream: S) -> FirstBytes<S> {
        FirstBytes { stream, missing: PREFACE_BYTES, deadline: Some(Box::pin(tokio::time::sleep(time))) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstBytes<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(deadline) = &mut self.deadline else {
            return read;
        };
        if read.is_pending() {
            let late = || io::Error::new(ErrorKind::TimedOut, "the first bytes did not come in time");
            return deadline.as_mut().poll(context).map(|()| Err(late()));
        }
        self.missing = self.missing.saturating_sub(buffer.filled().len() - before);
        if self.missing == 0 {
            self.deadline = None;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstBytes<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const TIME: Duration = Duration::from_secs(5);

    #[tokio::test(start_paused = true)]
    async fn silence_and_too_few_bytes_end_the_connection() {
        for sent in [0, 1, PREFACE_BYTES - 1] {
            let (mut client, server) = duplex(64);
            let mut server = FirstBytes::within(TIME, server);
            client.write_all(&[b'P'; PREFACE_BYTES][..sent]).await.unwrap();
            let mut read = [0; PREFACE_BYTES];
            let error = server.read_exact(&mut read).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut, "after {sent} bytes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_first_bytes_there_is_no_limit() {
        let (mut client, server) = duplex(64);
        let mut server = FirstBytes::within(TIME, server);
        client.write_all(&[b'P'; PREFACE_BYTES]).await.unwrap();
        let mut read = [0; PREFACE_BYTES + 1];
        server.read_exact(&mut read[..PREFACE_BYTES]).await.unwrap();
        let late = async {
            tokio::time::sleep(TIME * 3).await;
            client.write_all(b"x").await.unwrap();
        };
        let (read, ()) = tokio::join!(server.read_exact(&mut read[PREFACE_BYTES..]), late);
        assert_eq!(read.unwrap(), 1);
    }
}
