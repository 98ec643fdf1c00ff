//! The description of the calls in the form of OpenAPI 3.1, for programs: generators of clients, consoles, mock
//! servers.
//!
//! Bodies are parsed and written by hand, so nothing of it is derived; it is built from the same limits, codes, names
//! and golden files that the calls use, and tests compare it with the parsers, the samples, and what servers answer. It
//! holds no secret and is the same for every server of a version: `docs/openapi.json` in the repository is what
//! `/openapi.json` of the operators' listener gives.

mod accounts;
mod build;
mod calls;
mod chat_groups;
mod codes;
mod contact_groups;
mod devices;
mod frame;
#[cfg(test)]
mod tests;
mod values;
mod watch;
mod webhooks;

use std::sync::LazyLock;

use foldmark_wire::CallName;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{HttpMethod, PathItem, PathsBuilder};
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Components, ComponentsBuilder, OpenApi, OpenApiBuilder};

/// The document as text. Made when somebody asks for it first: few do.
pub(crate) fn json() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(text);
    &TEXT
}

/// Makes the text, indented, with a line feed at its end.
fn text() -> String {
    let mut text =
        serde_json::to_string_pretty(&document()).expect("the document is made of strings and numbers");
    text.push('\n');
    text
}

fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for call in CallName::ALL {
        paths = paths.path(call.path(), PathItem::new(HttpMethod::Post, calls::operation(call)));
    }
    paths = paths.path(crate::watch::PATH, PathItem::new(HttpMethod::Get, watch::operation()));
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Foldmark")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([frame::server()]))
        .tags(Some(tags()))
        .paths(paths)
        .webhooks(Some(webhooks::all()))
        .components(Some(components()))
        .security(Some([frame::security()]))
        .build()
}

fn components() -> Components {
    let mut components = ComponentsBuilder::new();
    for (name, parameter) in frame::parameters().into_iter().chain(frame::guards()) {
        components = components.parameter(name, parameter);
    }
    for (name, parameter) in webhooks::parameters() {
        components = components.parameter(name, parameter);
    }
    for (name, header) in frame::headers() {
        components = components.header(name, header);
    }
    for (name, scheme) in frame::security_schemes() {
        components = components.security_scheme(name, scheme);
    }
    let nouns = [
        values::schemas(),
        contact_groups::schemas(),
        accounts::schemas(),
        chat_groups::schemas(),
        devices::schemas(),
        watch::schemas(),
        webhooks::schemas(),
    ];
    for (name, schema) in nouns.into_iter().flatten() {
        components = components.schema(name, schema);
    }
    components.build()
}

fn tags() -> [Tag; 4] {
    let tag = |call: CallName, description| {
        TagBuilder::new().name(call.service()).description(Some(description)).build()
    };
    [
        tag(CallName::SearchContactGroup, "Conversation groups and conversation marks of a user."),
        tag(CallName::AccountImport, "Which users exist."),
        tag(CallName::CreateGroup, "Which chat groups exist."),
        tag(CallName::GetChanges, "Foldmark's own calls: the same on every device of a user."),
    ]
}

const DESCRIPTION: &str = "\
Conversation groups and conversation marks: what every user of a chat product keeps about his conversations.

Every call is a POST with a JSON object as its body, but for `watch`, which is a GET that is answered by a stream of \
events. The HTTP status is always 200, and the reply is a JSON object \
that ends with `ActionStatus`, `ErrorCode` and `ErrorInfo`. With `OK` the fields of the call stand before these; \
with `FAIL` they are missing, which is why no schema of a reply requires them. Lists are never `null`. A path that \
names no call is answered 60009. Only what cannot be read as HTTP, such as a URL or headers longer than 64 KiB, is \
answered by a bare status from 400 on, or by hanging up. Replies may get further fields: clients ignore what they \
do not know, as the server does in requests, where `null` is the same as leaving a field out.

Where the application has `end_users`, a user who is no administrator may make the calls of `recentcontact` and \
`foldmark`, but for `copy_layout`, for himself: `From_Account` must be his `identifier`. Anything else is 50003.

`sdkappid`, `identifier` and `usersig` say who is calling. They are described twice, as parameters of each call and \
as keys, since programs that read this document prefer the one or the other: give them once.

Limits of lengths are in bytes of UTF-8 in the descriptions; the schemas can only count characters. Integers are \
written without a fraction or an exponent: 1, not 1.0. Where the server's configuration sets a limit, the schema \
has the most that can be configured.";
