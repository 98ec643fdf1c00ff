//! The rules: one pure function from what is stored and what is asked to what is answered and changed.

mod accounts;
mod changes;
mod changing;
mod chat_groups;
mod draft;
mod groups;
mod guards;
mod images;
mod layouts;
mod lookups;
mod marks;

use crate::command::{Command, Filter};
use crate::decision::{Decision, Refusal, Reply, Verdict};
use crate::limits;
use crate::policy::{Context, Registration};
use crate::view::View;

/// Decides `command` on `view`.
///
/// The view must hold what [`Command::reads`] or an earlier [`Verdict::Needs`] named, and the answers to
/// [`View::questions`].
pub fn decide<'a>(view: &'a View<'a>, command: &Command<'a>, context: &Context) -> Verdict<'a> {
    match command {
        Command::CreateChatGroup { kind, name, owner } => {
            return chat_groups::create(view, context, kind, name, *owner);
        }
        Command::DestroyChatGroup => return chat_groups::destroy(view),
        Command::ImportAccount { nick, face_url } => {
            return accounts::import(view, context, *nick, *face_url);
        }
        Command::PutUser { image, replace } => return images::put_user(view, context, image, *replace),
        Command::PutChatGroup { image, replace } => return images::put_chat_group(view, image, *replace),
        Command::RenewIncarnation => return images::renew(view, context),
        Command::Guarded { guard, command } => return guards::guarded(view, guard, command, context),
        _ => {}
    }
    if !user_exists(view, context) {
        return refuse(Refusal::UserUnknown);
    }
    match command {
        Command::CreateGroup { .. }
        | Command::RenameGroup { .. }
        | Command::ChangeMembers { .. }
        | Command::DeleteGroup { .. }
        | Command::Mark { .. }
        | Command::SetGroupOrder { .. }
        | Command::SetGroupEx { .. }
        | Command::Apply { .. }
        | Command::CopyLayout { .. } => changing::change(view, context, command),
        Command::GetPage { start } => {
            lookups::page(view, &Filter::default(), *start, limits::RECORDS_PER_PAGE)
        }
        Command::ListConversations { filter, start, limit } => lookups::list(view, filter, *start, *limit),
        Command::ListGroups => lookups::groups(view),
        Command::GetChanges { from, limit } => changes::changes(view, from.as_ref(), *limit),
        Command::ReadLayout => layouts::read(view),
        Command::Search { conversations } => lookups::search(view, conversations),
        Command::DeleteAccount => accounts::delete(view, context),
        Command::ImportAccount { .. }
        | Command::CreateChatGroup { .. }
        | Command::DestroyChatGroup
        | Command::PutUser { .. }
        | Command::PutChatGroup { .. }
        | Command::RenewIncarnation
        | Command::Guarded { .. } => unreachable!("decided above"),
    }
}

/// A user exists when imported or, in an open application, by being named.
fn user_exists(view: &View<'_>, context: &Context) -> bool {
    match context.policy.accounts {
        Registration::Open => true,
        Registration::Registered => view.user().is_some_and(|head| head.imported),
    }
}

fn refuse<'a>(refusal: Refusal) -> Verdict<'a> {
    Verdict::Decided(Decision { outcome: Err(refusal), changes: None, repeats: None })
}

fn answer(reply: Reply<'_>) -> Verdict<'_> {
    Verdict::Decided(Decision::new(reply, None))
}
