//! The requests of a load, and whether an answer is a success.
//!
//! Users and conversations are drawn evenly by a small generator with a fixed seed for each client, so that two runs
//! ask alike. Every mark sets a custom mark that was not there before: a mark that changes nothing would not be written.

use bytes::Bytes;
use foldmark_client::CallName;
use foldmark_wire::contact_groups::{MarkContact, SearchContactGroup};
use foldmark_wire::contact_groups_reply::{MarkContactReply, SearchContactGroupReply};
use foldmark_wire::reply::{ReplyError, read_reply};
use http::{Method, Request, Uri};
use http_body_util::Full;

use crate::args::Work;
use crate::bench::endpoint::Endpoint;
use crate::bench::people::{People, RECORDS, mark};
use crate::bench::trouble::Trouble;
use crate::failure::Failure;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `search_contact_group` of two conversations.
    Search,
    /// `mark_contact` of one.
    Mark,
}

impl Kind {
    /// The kinds that some work has.
    pub(super) fn of(work: Work) -> &'static [Kind] {
        match work {
            Work::Search => &[Kind::Search],
            Work::Mark => &[Kind::Mark],
            Work::Mixed => &[Kind::Search, Kind::Mark],
        }
    }

    /// The name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Search => "search",
            Kind::Mark => "mark",
        }
    }
}

/// Of mixed work, one request in so many is a mark.
const MARK_EVERY: u32 = 10;

/// Makes requests.
pub(super) struct Requests<'a> {
    work: Work,
    people: &'a People,
    endpoint: &'a Endpoint,
    search: Uri,
    mark: Uri,
}

impl<'a> Requests<'a> {
    pub(super) fn new(
        work: Work,
        people: &'a People,
        endpoint: &'a Endpoint,
    ) -> Result<Requests<'a>, Failure> {
        let search = endpoint.target(CallName::SearchContactGroup)?;
        let mark = endpoint.target(CallName::MarkContact)?;
        Ok(Requests { work, people, endpoint, search, mark })
    }

    /// The next request of a client.
    pub(super) fn next(&self, chance: &mut Chance) -> (Kind, Request<Full<Bytes>>) {
        let kind = match self.work {
            Work::Search => Kind::Search,
            Work::Mark => Kind::Mark,
            Work::Mixed if chance.below(MARK_EVERY) == 0 => Kind::Mark,
            Work::Mixed => Kind::Search,
        };
        let user = chance.below(self.people.count);
        let first = chance.below(RECORDS);
        let from_account = self.people.name(user).into();
        let contact = self.people.contact(user, first);
        let (target, body) = match kind {
            Kind::Search => {
                let other = (first + 1 + chance.below(RECORDS - 1)) % RECORDS;
                let contacts = vec![contact, self.people.contact(user, other)];
                (&self.search, serde_json::to_vec(&SearchContactGroup { from_account, contacts }))
            }
            Kind::Mark => {
                let custom = format!("{:08x}", chance.number() as u32).into();
                let items = vec![mark(contact, custom)];
                (&self.mark, serde_json::to_vec(&MarkContact { from_account, items }))
            }
        };
        let body = body.expect("writing plain structures to memory cannot fail");
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = target.clone();
        *request.headers_mut() = self.endpoint.headers.clone();
        (kind, request)
    }
}

/// Whether an answer says that all went well. A success is seen by its bytes, which nothing that a caller sets can
/// imitate, as quotes within strings are escaped; everything else is read properly.
pub(super) fn judge(kind: Kind, answer: &[u8]) -> Result<(), Trouble> {
    // The frame is the end of an answer.
    let end = &answer[answer.len().saturating_sub(FRAME_BYTES)..];
    let is_done = kind == Kind::Search || has(answer, br#""ResultCode":0,"#);
    if is_done && (has(end, br#""ErrorCode":0,"#) || has(end, br#""ErrorCode":0}"#)) {
        return Ok(());
    }
    let trouble = |error: ReplyError| match error {
        ReplyError::Refused { code, .. } => Trouble::Refused(code),
        ReplyError::Malformed(_) => Trouble::Malformed,
    };
    if kind == Kind::Search {
        return read_reply::<SearchContactGroupReply<'_>>(answer).map(|_| ()).map_err(trouble);
    }
    let reply: MarkContactReply<'_> = read_reply(answer).map_err(trouble)?;
    match reply.results.first() {
        Some(result) if result.code == 0 => Ok(()),
        Some(result) => Err(Trouble::Refused(result.code)),
        None => Err(Trouble::Malformed),
    }
}

/// Within so many bytes from the end the frame of a success stands.
const FRAME_BYTES: usize = 100;

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Numbers that look random and are the same in each run: splitmix64.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: u32) -> u32 {
        (self.number() % u64::from(end)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged() {
        let item = |code: i32| {
            format!(
                r#"{{"ResultItem":[{{"OptType":3,"ContactItem":{{"Type":1,"To_Account":"a"}},"ResultCode":{code},"ResultInfo":"no"}}],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":"","ErrorDisplay":""}}"#
            )
        };
        let found =
            r#"{"ContactResultItem":[],"GroupItem":[],"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#;
        let spaced = r#"{ "ContactResultItem": [], "ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": "" }"#;
        let info_first = r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#;
        let refused = r#"{"ActionStatus":"FAIL","ErrorCode":50004,"ErrorInfo":"later"}"#;
        for (kind, answer, expected) in [
            (Kind::Search, found, Ok(())),
            (Kind::Search, spaced, Ok(())),
            (Kind::Search, info_first, Ok(())),
            (Kind::Mark, &item(0), Ok(())),
            (Kind::Mark, &item(0).replace(':', ": "), Ok(())),
            (Kind::Mark, &item(50_001), Err(Trouble::Refused(50_001))),
            (Kind::Mark, found, Err(Trouble::Malformed)),
            (Kind::Mark, refused, Err(Trouble::Refused(50_004))),
            (Kind::Search, refused, Err(Trouble::Refused(50_004))),
            (Kind::Search, "<html>", Err(Trouble::Malformed)),
            (Kind::Search, "", Err(Trouble::Malformed)),
        ] {
            assert_eq!(judge(kind, answer.as_bytes()), expected, "{answer}");
        }
    }

    #[test]
    fn draws_are_even_and_differ_by_client() {
        let mut chance = Chance::new(7);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[chance.below(10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_700..10_300).contains(count)), "{counts:?}");
        assert_ne!(Chance::new(7).number(), Chance::new(8).number());
    }
}
