//! The rules of accounts.

use crate::decide::answer;
use crate::decide::changing::finish;
use crate::decide::draft::Draft;
use crate::decision::{Decision, Reply, Verdict};
use crate::policy::Context;
use crate::view::View;

/// Makes an account known. Doing so again changes at most its profile.
pub(super) fn import<'a>(
    view: &'a View<'a>,
    context: &Context,
    nick: Option<&str>,
    face_url: Option<&str>,
) -> Verdict<'a> {
    let mut draft = Draft::new(view, context);
    let head = draft.head();
    let same_nick = nick.is_none_or(|nick| *head.nick == *nick);
    let same_face = face_url.is_none_or(|face_url| *head.face_url == *face_url);
    if !(head.imported && same_nick && same_face) {
        let head = draft.change_head();
        head.imported = true;
        if let Some(nick) = nick {
            head.nick = nick.into();
        }
        if let Some(face_url) = face_url {
            head.face_url = face_url.into();
        }
    }
    finish(draft, Reply::Done)
}

/// Empties a user. The head stays, with its revision and numbers going on, so that nothing decided before the deletion
/// can match a user made again.
pub(super) fn delete<'a>(view: &'a View<'a>, context: &Context) -> Verdict<'a> {
    let Some(head) = view.user() else {
        return answer(Reply::Done);
    };
    if !head.imported && head.groups.is_empty() && view.is_empty() {
        return answer(Reply::Done);
    }
    let changes = Draft::new(view, context).empty();
    Verdict::Decided(Decision::new(Reply::Done, Some(changes)))
}
