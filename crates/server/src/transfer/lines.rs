//! Lines of an export, to and from what the rules know.

use std::borrow::Cow;

use foldmark_core::format::chat_group::ChatGroupHead;
use foldmark_core::image::{ChatGroupImage, GroupImage, RecordImage, UserImage, UserParts};
use foldmark_core::mark::{self, CustomMark, GroupEx, GroupId, GroupName};
use foldmark_core::subject::{ChatGroupId, Conversation, SubjectKind, UserId};
use foldmark_core::view::View;
use foldmark_wire::contact::Contact;
use foldmark_wire::marks::StandardMark;
use foldmark_wire::transfer::{ChatGroupLine, ConversationPart, GroupPart, Line, UserLine};

/// The line of the subject of `view`, which must hold every row; `None` if nothing was ever written.
pub fn line_of<'a>(view: &'a View<'a>) -> Option<Line<'a>> {
    match view.subject.kind() {
        SubjectKind::User => user_line(view).map(Line::User),
        SubjectKind::ChatGroup => chat_group_line(view).map(Line::ChatGroup),
    }
}

/// What the line says of a user; an `Err` says what is wrong with it.
pub(super) fn user_image<'a>(line: &'a UserLine<'a>) -> Result<UserImage<'a>, String> {
    let mut groups = Vec::with_capacity(line.groups.len());
    for group in &line.groups {
        let name = GroupName::parse(&group.name, usize::MAX)
            .map_err(|_| format!("the name of group {} is empty or too long", group.id))?;
        let ex =
            GroupEx::parse(&group.ex).ok_or_else(|| format!("the Ex of group {} is too long", group.id))?;
        groups.push(GroupImage { id: GroupId(group.id), name, order: group.order, ex });
    }
    let mut records = Vec::with_capacity(line.conversations.len());
    for part in &line.conversations {
        records.push(record_image(part)?);
    }
    UserImage::new(UserParts {
        imported: line.imported,
        nick: &line.nick,
        face_url: &line.face_url,
        next_group_id: line.next_group_id,
        next_record_number: line.next_number,
        groups,
        records,
    })
    .map_err(|error| error.to_string())
}

/// What the line says of a chat group; an `Err` says what is wrong with it.
pub(super) fn chat_group_image(line: &ChatGroupLine<'_>) -> Result<ChatGroupImage, String> {
    let head = ChatGroupHead {
        alive: line.alive,
        kind: line.kind.as_ref().into(),
        name: line.name.as_ref().into(),
        owner: line.owner.as_ref().into(),
        created: line.created,
    };
    ChatGroupImage::new(head).map_err(|error| error.to_string())
}

fn user_line<'a>(view: &'a View<'a>) -> Option<UserLine<'a>> {
    let head = view.user()?;
    let groups = head.groups.iter();
    let groups = groups.map(|group| GroupPart {
        id: group.id.0,
        name: group.name.as_str().into(),
        order: group.order,
        ex: group.ex.as_str().into(),
    });
    let conversations = view.records().map(|(conversation, record)| ConversationPart {
        contact: match conversation {
            Conversation::User(peer) => Contact::User(peer.as_str().into()),
            Conversation::ChatGroup(peer) => Contact::ChatGroup(peer.as_str().into()),
        },
        number: record.number,
        timestamp: record.timestamp,
        standard_mark: StandardMark(record.standard_mark.0),
        custom_mark: record.custom_mark.as_str().into(),
        groups: head.groups_in(record.groups).map(|group| group.id.0).collect(),
    });
    Some(UserLine {
        sdkappid: view.subject.app.get(),
        id: view.subject.id_str().into(),
        imported: head.imported,
        nick: Cow::Borrowed(&head.nick),
        face_url: Cow::Borrowed(&head.face_url),
        next_group_id: head.next_group_id,
        next_number: head.next_record_number,
        groups: groups.collect(),
        conversations: conversations.collect(),
    })
}

fn chat_group_line<'a>(view: &'a View<'a>) -> Option<ChatGroupLine<'a>> {
    let head = view.chat_group()?;
    Some(ChatGroupLine {
        sdkappid: view.subject.app.get(),
        id: view.subject.id_str().into(),
        alive: head.alive,
        kind: Cow::Borrowed(&head.kind),
        name: Cow::Borrowed(&head.name),
        owner: Cow::Borrowed(&head.owner),
        created: head.created,
    })
}

fn record_image<'a>(part: &'a ConversationPart<'a>) -> Result<RecordImage<'a>, String> {
    let peer = part.contact.peer();
    let wrong = |reason: &dyn std::fmt::Display| format!("conversation {peer:?}: {reason}");
    let conversation = match &part.contact {
        Contact::User(peer) => UserId::parse(peer).map(Conversation::User),
        Contact::ChatGroup(peer) => ChatGroupId::parse(peer).map(Conversation::ChatGroup),
    };
    Ok(RecordImage {
        conversation: conversation.map_err(|error| wrong(&error))?,
        number: part.number,
        timestamp: part.timestamp,
        standard_mark: mark::StandardMark(part.standard_mark.0),
        custom_mark: CustomMark::parse(&part.custom_mark, usize::MAX)
            .ok_or_else(|| wrong(&"the custom mark is too long"))?,
        groups: part.groups.iter().map(|id| GroupId(*id)).collect(),
    })
}
