//! The lines of a page of an export, as they come.

use foldmark_wire::transfer::IMPORT_BYTES_MAX;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use crate::failure::Failure;

/// What is left of a page.
pub(crate) struct PageLines {
    page: Incoming,
    buffer: Vec<u8>,
    /// Where the next line starts in the buffer.
    start: usize,
}

impl PageLines {
    pub(crate) fn new(page: Incoming) -> PageLines {
        PageLines { page, buffer: Vec::new(), start: 0 }
    }

    /// The next line. The last one of a page is a checkpoint, so whoever asks for more was cut off.
    pub(crate) async fn next(&mut self) -> Result<String, Failure> {
        loop {
            let rest = &self.buffer[self.start..];
            if let Some(length) = rest.iter().position(|byte| *byte == b'\n') {
                let line = str::from_utf8(&rest[..length]).map_err(|error| unreadable(&error))?;
                let line = line.to_owned();
                self.start += length + 1;
                return Ok(line);
            }
            if rest.len() > IMPORT_BYTES_MAX {
                return Err(Failure::transport("a line is longer than any can be"));
            }
            self.buffer.drain(..self.start);
            self.start = 0;
            let Some(frame) = self.page.frame().await else {
                return Err(Failure::transport("the page broke off"));
            };
            let frame = frame.map_err(|error| Failure::transport(format!("the page broke off: {error}")))?;
            if let Ok(data) = frame.into_data() {
                self.buffer.extend_from_slice(&data);
            }
        }
    }
}

/// A line that is none of an export.
pub(crate) fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    Failure::transport(format!("a line cannot be read: {error}"))
}
