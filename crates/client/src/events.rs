//! Server-Sent Events, taken out of a stream of bytes as browsers do it. What is kept of a stream is bounded.

/// Bytes of one event, and so of what is kept of a stream. A page of changes, the longest one, stays under 1 MiB.
const EVENT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The last `id` of the stream so far.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: String,
}

/// A stream of events that is under way.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// What has come and does not make a line yet.
    rest: Vec<u8>,
    /// Bytes of `rest` that are known to hold no end of a line.
    looked_at: usize,
    id: String,
    name: String,
    data: Vec<String>,
    data_bytes: usize,
    /// Whether anything came that is no event: a comment, or how long to wait before coming back.
    pub(crate) has_beaten: bool,
}

impl Events {
    /// Takes what has come; `Err` if an event is too long.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        self.rest.extend_from_slice(bytes);
        match self.rest.len() + self.data_bytes > EVENT_BYTES_MAX + bytes.len() {
            true => Err("an event is longer than 16 MiB"),
            false => Ok(()),
        }
    }

    /// The next event that is there whole. Comments and what only tells a place are none.
    pub(crate) fn next(&mut self) -> Option<Event> {
        while let Some(line) = self.line() {
            if !line.is_empty() {
                self.field(&line);
                continue;
            }
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            self.data_bytes = 0;
            if !data.is_empty() {
                return Some(Event { id: self.id.clone(), name, data: data.join("\n") });
            }
            self.has_beaten = true;
        }
        None
    }

    fn field(&mut self, line: &str) {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => {
                self.data_bytes += value.len();
                self.data.push(value.to_owned());
            }
            "event" => value.clone_into(&mut self.name),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            // Comments have an empty name; what else there is, such as `retry`, is not for programs.
            _ => {}
        }
    }

    /// The next line without its end, which is LF, CR LF or CR.
    fn line(&mut self) -> Option<String> {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
        let Some(found) = self.rest[self.looked_at..].iter().position(is_end) else {
            self.looked_at = self.rest.len();
            return None;
        };
        let end = self.looked_at + found;
        let after = match &self.rest[end..] {
            // Whether an LF belongs to it is not known yet.
            [b'\r'] => return None,
            [b'\r', b'\n', ..] => end + 2,
            _ => end + 1,
        };
        let line = String::from_utf8_lossy(&self.rest[..end]).into_owned();
        self.rest.drain(..after);
        self.looked_at = 0;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, name: &str, data: &str) -> Event {
        Event { id: id.to_owned(), name: name.to_owned(), data: data.to_owned() }
    }

    fn read(chunks: &[&[u8]]) -> Vec<Event> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for chunk in chunks {
            events.take(chunk).unwrap();
            found.extend(std::iter::from_fn(|| events.next()));
        }
        found
    }

    #[test]
    fn events_come_whole_wherever_the_stream_is_cut() {
        let text = "retry: 1000\n:\n\nid: a\nevent: changes\ndata: {\"é\":1}\n\nid:b\r\nevent:end\r\ndata:1\r\ndata:2\r\n\r\n";
        let wanted = [event("a", "changes", "{\"é\":1}"), event("b", "end", "1\n2")];
        for cut in 0..=text.len() {
            let (one, two) = text.as_bytes().split_at(cut);
            assert_eq!(read(&[one, two]), wanted, "{cut}");
        }
        let single: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(read(&single), wanted);
    }

    #[test]
    fn what_is_no_event_is_passed_over_and_a_place_stays() {
        assert_eq!(read(&[b"id: a\n\nevent: x\n\nunknown\n:data: c\ndata\n\n"]), [event("a", "", "")]);
        assert_eq!(read(&[b"id: a\0\rdata: \xff\r\rdata: half"]), [event("", "", "\u{fffd}")]);
    }

    #[test]
    fn what_is_no_event_is_noticed_when_it_is_there_whole() {
        let mut events = Events::default();
        for (text, has_beaten) in [("event: end\ndata: 1\n\n", false), (":", false), ("\n\n", true)] {
            events.take(text.as_bytes()).unwrap();
            while events.next().is_some() {}
            assert_eq!(events.has_beaten, has_beaten, "{text:?}");
        }
    }

    #[test]
    fn an_event_without_end_is_too_long() {
        let mut events = Events::default();
        let chunk = vec![b'x'; 1 << 20];
        let taken = (0..64).take_while(|_| events.take(&chunk).is_ok() && events.next().is_none()).count();
        assert!((16..=18).contains(&taken), "{taken}");
        let mut events = Events::default();
        let mut line = vec![b'x'; 1 << 20];
        line.splice(0..6, *b"data: ");
        line.push(b'\n');
        let taken = (0..64).take_while(|_| events.take(&line).is_ok() && events.next().is_none()).count();
        assert!((16..=18).contains(&taken), "{taken}");
    }
}
