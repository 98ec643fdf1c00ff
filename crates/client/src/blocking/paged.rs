//! What comes in pages, as an iterator.

use std::fmt;

use crate::blocking::Client;
use crate::error::Error;

/// Items that come page by page, as they are asked for. It ends after the first error.
///
/// ```
/// use foldmark_client::blocking;
///
/// # fn example(client: blocking::Client) -> Result<(), foldmark_client::Error> {
/// let records = client.records("user_0001").collect::<Result<Vec<_>, _>>()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is asked for until the items are"]
pub struct Paged<T> {
    client: Client,
    /// `None` after an error or the last item.
    items: Option<crate::Paged<T>>,
}

impl Client {
    pub(super) fn paged<T>(&self, items: crate::Paged<T>) -> Paged<T> {
        Paged { client: self.clone(), items: Some(items) }
    }
}

impl<T> Iterator for Paged<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.client.wait(self.items.as_mut()?.try_next()).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.items = None;
        }
        next
    }
}

impl<T> std::iter::FusedIterator for Paged<T> {}

impl<T> fmt::Debug for Paged<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paged").finish_non_exhaustive()
    }
}
