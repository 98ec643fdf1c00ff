//! The calls: what each is for, which schemas it has, and the samples that stand for it.

use foldmark_wire::CallName;
use foldmark_wire::samples::{self, Sample};
use serde_json::Value;
use utoipa::openapi::content::{Content, ContentBuilder};
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::{Ref, Required};

use super::codes;
use super::frame::{FOLDMARK_REVISION, X_REQUEST_ID, component, guards, parameters};

/// One call.
pub(super) fn operation(call: CallName) -> Operation {
    let text = text(call);
    let mut operation = OperationBuilder::new()
        .tag(call.service())
        .operation_id(Some(call.command()))
        .summary(Some(text.summary))
        .description(Some(format!("{}\n\n{}", text.description, codes::describe(call))));
    for (name, _) in parameters() {
        operation = operation.parameter_ref(component("parameters", name));
    }
    if call.is_guarded() {
        for (name, _) in guards() {
            operation = operation.parameter_ref(component("parameters", name));
        }
    }
    let request = RequestBodyBuilder::new()
        .description(Some("At most 1 MiB."))
        .required(Some(Required::True))
        .content(JSON, content(text.schemas, "Request", &samples::requests(call)))
        .build();
    let mut replies = samples::replies(call);
    if codes::for_the_whole(call).iter().any(|code| Some(code.number()) == FAULT_CODE) {
        replies.push(samples::FAULT);
    }
    let mut response = ResponseBuilder::new()
        .description("Whatever happened: `ActionStatus` and `ErrorCode` say what.")
        .header_ref(X_REQUEST_ID, component("headers", X_REQUEST_ID))
        .content(JSON, content(text.schemas, "Reply", &replies));
    if text.has_revision {
        response = response.header_ref(FOLDMARK_REVISION, component("headers", FOLDMARK_REVISION));
    }
    operation.request_body(Some(request)).response("200", response.build()).build()
}

const JSON: &str = "application/json";

/// The code of the sample of a refusal, which is shown where it can be met.
const FAULT_CODE: Option<i32> = Some(50_001);

fn content(schemas: &str, end: &str, samples: &[Sample]) -> Content {
    ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(format!("{schemas}{end}"))))
        .examples_from_iter(samples.iter().map(|sample| (sample.name, example(sample))))
        .build()
}

fn example(sample: &Sample) -> Example {
    let value: Value = serde_json::from_str(sample.text).expect("golden files are JSON");
    ExampleBuilder::new().value(Some(value)).build()
}

/// What is said of a call.
struct Text {
    /// The names of its schemas without `Request` and `Reply`.
    schemas: &'static str,
    summary: &'static str,
    description: &'static str,
    /// Whether a reply depends on one user or chat group.
    has_revision: bool,
}

fn text(call: CallName) -> Text {
    let (schemas, summary, description) = match call {
        CallName::CreateContactGroup => (
            "CreateContactGroup",
            "Make a conversation group",
            "Makes one group of conversations of a user, and puts up to 100 conversations into it. If the user has a \
             group of that name, its number is given and the conversations are added to it, so the call can be \
             repeated. A user may have 20 groups, and 1,000 conversations in groups, unless the server allows another \
             number. A conversation that cannot be added is refused by itself; the others are added.",
        ),
        CallName::UpdateContactGroup => (
            "UpdateContactGroup",
            "Rename a conversation group or change its members",
            "Gives a group another name, or adds conversations to it and removes others, up to 100 changes in their \
             order. Adding what is in the group and removing what is not are successes that change nothing. The name \
             of another group of the user is refused with 50002.",
        ),
        CallName::DelContactGroup => (
            "DelContactGroup",
            "Delete a conversation group",
            "Deletes one group and takes its conversations out of it. Their marks and their other groups stay. A \
             conversation of which nothing is left to keep is forgotten.",
        ),
        CallName::MarkContact => (
            "MarkContact",
            "Set and clear marks of conversations",
            "Changes the marks of up to 100 conversations: the 64 bits of the standard mark, named by their numbers, \
             and the custom mark, a string. Bits are cleared first, then set. A user may have 1,000 conversations \
             with marks, unless the server allows another number. A change that cannot be made is refused by itself; \
             the others are made.",
        ),
        CallName::GetContactGroup => (
            "GetContactGroup",
            "List all groups and marks of a user",
            "Gives everything that is kept for a user, 100 conversations a page, in the order in which they got their \
             first group or mark. Go on with `NextStartIndex` while `CompleteFlag` is 0. What is removed between two \
             pages makes no other conversation come twice or not at all. Conversations with disbanded chat groups are \
             left out.",
        ),
        CallName::SearchContactGroup => (
            "SearchContactGroup",
            "Look up groups and marks of conversations",
            "Gives what is kept for up to 300 conversations of a user, and the groups that these are in. Conversations \
             of which nothing is kept are left out.",
        ),
        CallName::AccountImport => (
            "AccountImport",
            "Import an account",
            "Makes an account known, so that its data can be kept and others can name it. Importing it again is a \
             success and changes the profile. Not needed where the application's `accounts` is `open`.",
        ),
        CallName::MultiaccountImport => (
            "MultiaccountImport",
            "Import many accounts",
            "Imports 1 to 100 accounts, each by itself. Those that were not imported are listed. If all of them failed \
             because something broke, the call is refused as a whole.",
        ),
        CallName::AccountCheck => (
            "AccountCheck",
            "Ask which accounts are imported",
            "Says of each of 1 to 100 accounts whether it is imported. Where the application's `accounts` is `open`, \
             all are.",
        ),
        CallName::AccountDelete => (
            "AccountDelete",
            "Delete accounts",
            "Deletes 1 to 100 accounts, each by itself, and with each its groups and marks. This cannot be undone.",
        ),
        CallName::CreateGroup => (
            "CreateGroup",
            "Register a chat group",
            "Makes a chat group known, so that conversations with it can be named. One that was disbanded is alive \
             again. Not needed where the application's `chat_groups` is `open`.",
        ),
        CallName::DestroyGroup => (
            "DestroyGroup",
            "Disband a chat group",
            "Disbands a chat group. What users keep about conversations with it is no longer shown.",
        ),
        CallName::GetGroupInfo => (
            "GetGroupInfo",
            "Ask for facts about chat groups",
            "Gives type, name, owner and age of 1 to 50 chat groups. One that does not exist has a code of its own.",
        ),
        CallName::GetAppidGroupList => (
            "GetAppidGroupList",
            "List the chat groups of the application",
            "Gives the ids of all chat groups that are alive, up to 10,000 a page. Go on with `Next` until it is 0. \
             The call walks over all of them, and is allowed once a second unless the server allows another number.",
        ),
        CallName::GetChanges => (
            "GetChanges",
            "Follow the changes of a user",
            "Tells what changed of a user since `Cursor` was given, in the order of the changes: records as they are \
             now, conversations without one, groups, and groups that are gone. Apply all of it, in any order; go on \
             with the new `Cursor` at once while `More` is true. With `Reset`, forget everything first: it is told \
             from the start, as it is without a `Cursor`, because the changes since are not known any more, or the \
             user was restored or imported. Records about disbanded chat groups are told too, until they are removed.",
        ),
        CallName::SetGroupOrder => (
            "SetGroupOrder",
            "Put conversation groups in order",
            "Shows the named groups first, in this order; the others follow as they are. New groups come last.",
        ),
        CallName::SetGroupEx => (
            "SetGroupEx",
            "Describe conversation groups",
            "Sets the `Ex` of groups: up to 512 bytes each that a user interface keeps there, such as a colour or an \
             icon. All are set, or none. It stays when a group is renamed.",
        ),
        CallName::ListGroups => (
            "ListGroups",
            "List conversation groups in order",
            "Gives all groups of a user in their order, with `Ex` and the number of conversations in each. Those with \
             disbanded chat groups count until they are removed.",
        ),
        CallName::ListConversations => (
            "ListConversations",
            "List conversations that a filter lets through",
            "Gives the conversations for which everything holds that is asked: group, bits, custom mark, type, age. Up \
             to 100 a page; go on with `NextStartIndex` while `CompleteFlag` is 0. Conversations with disbanded chat \
             groups are left out.",
        ),
        CallName::Apply => (
            "Apply",
            "Carry out commands together",
            "Carries out up to 100 commands for one user, all or none, as one change. Each is as the call of its name, \
             without `From_Account`, and sees what the ones before it did. If one is refused, or an item of one, the \
             call is refused with its code, and `ErrorInfo` says which. Together they name at most 500 conversations.",
        ),
        CallName::CopyLayout => (
            "CopyLayout",
            "Copy groups and marks to other users",
            "Adds the groups and marks of one user, who may have up to 500 conversations with them, to 1 to 100 others: \
             to each all or nothing. What they have themselves stays: their `Ex`, custom marks and bits. Copying again \
             changes nothing. For administrators alone.",
        ),
    };
    let has_revision = !matches!(
        call,
        CallName::MultiaccountImport
            | CallName::CopyLayout
            | CallName::AccountCheck
            | CallName::AccountDelete
            | CallName::GetGroupInfo
            | CallName::GetAppidGroupList
    );
    Text { schemas, summary, description, has_revision }
}
