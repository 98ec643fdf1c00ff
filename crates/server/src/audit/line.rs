//! One line of the audit log.

use foldmark_core::subject::{Revision, Subject, SubjectKind};
use serde::Serialize;

use super::Caller;
use super::changed::Changed;
use crate::tokens::Role;
use crate::utc;

/// What is known before a commit.
#[derive(Debug)]
pub(super) struct Line<'a> {
    caller: Caller<'a>,
    request_id: Option<&'a str>,
    subject: Subject<'a>,
    changed: Changed,
}

/// The fields, in their order.
#[derive(Serialize)]
struct Fields<'a> {
    time: String,
    sdkappid: u32,
    identifier: Option<&'a str>,
    address: String,
    request_id: Option<&'a str>,
    call: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    console: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_group: Option<&'a str>,
    /// 0, or that of an outcome that nobody knows.
    code: Option<i32>,
    /// The one that was made; `None`: perhaps none was.
    revision: Option<u64>,
    changed: &'a Changed,
}

impl<'a> Line<'a> {
    pub(super) fn new(
        caller: Caller<'a>,
        request_id: Option<&'a str>,
        subject: Subject<'a>,
        changed: Changed,
    ) -> Line<'a> {
        Line { caller, request_id, subject, changed }
    }

    /// The line with its end. Without a revision the outcome is not known.
    pub(super) fn text(&self, unix_milliseconds: u64, revision: Option<Revision>) -> String {
        let id = self.subject.id_str();
        let is_user = self.subject.kind() == SubjectKind::User;
        let fields = Fields {
            time: utc::to_text_with_milliseconds(unix_milliseconds),
            sdkappid: self.subject.app.get(),
            identifier: self.caller.identifier,
            address: self.caller.address.to_string(),
            request_id: self.request_id,
            call: self.caller.call,
            console: self.caller.console.map(Role::name),
            user: is_user.then_some(id),
            chat_group: (!is_user).then_some(id),
            code: if revision.is_some() { Some(0) } else { self.caller.unknown_code },
            revision: revision.map(Revision::get),
            changed: &self.changed,
        };
        let mut text = serde_json::to_string(&fields).expect("lines are made of strings and numbers");
        text.push('\n');
        text
    }
}
