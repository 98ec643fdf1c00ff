//! What comes in pages, as one stream: a page is asked for when the items of the one before are used up.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::stream::{BoxStream, Stream, StreamExt, TryStreamExt};

use crate::error::Error;

/// Items that come page by page, as they are asked for. It ends after the first error.
///
/// It is a [`Stream`], and can be read without one, by [`Paged::try_next`]. It borrows nothing, so that it can be kept
/// and sent to other tasks. Dropping it asks for nothing more.
///
/// ```
/// # async fn example(client: foldmark_client::Client) -> Result<(), foldmark_client::Error> {
/// let mut records = client.records("user_0001");
/// while let Some(record) = records.try_next().await? {
///     println!("{} has the marks {:b}", record.contact.peer(), record.standard_mark.0);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is asked for until the items are"]
pub struct Paged<T>(BoxStream<'static, Result<T, Error>>);

impl<T> Paged<T> {
    pub(crate) fn new(stream: impl Stream<Item = Result<T, Error>> + Send + 'static) -> Self {
        Self(stream.boxed())
    }

    /// The next item, or `None` after the last one.
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        TryStreamExt::try_next(&mut self.0).await
    }
}

impl<T> Stream for Paged<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> fmt::Debug for Paged<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paged").finish_non_exhaustive()
    }
}
