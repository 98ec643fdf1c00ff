//! What all calls share: the parameters of the URL, the headers, who is calling, where the calls are served.

use foldmark_core::limits::REQUEST_KEY_BYTES;
use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Ref;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::server::{ServerBuilder, ServerVariableBuilder};
use utoipa::openapi::{RefOr, Required, Schema, Server};

use super::build::{int64, named, text};
use crate::limits;

/// The parameters by their names, in the order of the protocol's sample.
pub(super) fn parameters() -> [(&'static str, Parameter); 6] {
    let random = int64("A number of 32 bits.").minimum(Some(0)).maximum(Some(u32::MAX)).build();
    let request_id = text("1 to 128 visible ASCII characters.").min_length(Some(1));
    let request_id = request_id.max_length(Some(limits::REQUEST_ID_BYTES)).pattern(Some("^[!-~]+$")).build();
    let identifier = text("A user id.").min_length(Some(1)).build();
    let usersig = text("A UserSig.").min_length(Some(1)).max_length(Some(limits::USER_SIG_BYTES)).build();
    let application = int64("The number of an application.").minimum(Some(1)).maximum(Some(u32::MAX)).build();
    [
        ("sdkappid", in_query("sdkappid", Required::True, SDKAPPID, application)),
        ("identifier", in_query("identifier", Required::True, IDENTIFIER, identifier)),
        ("usersig", in_query("usersig", Required::True, USERSIG, usersig)),
        (
            "random",
            in_query("random", Required::False, "A number of the caller's own; it is not looked at.", random),
        ),
        (
            "contenttype",
            in_query(
                "contenttype",
                Required::False,
                "May be left out.",
                named("ContentType", "The format of the body."),
            ),
        ),
        (
            "X-Request-Id",
            Parameter::from(
                ParameterBuilder::from(in_query("X-Request-Id", Required::False, REQUEST_ID, request_id))
                    .parameter_in(ParameterIn::Header),
            ),
        ),
    ]
}

/// The parameters of calls that change one user, by their names.
pub(super) fn guards() -> [(&'static str, Parameter); 3] {
    let revision = int64("A revision.").minimum(Some(0)).build();
    let key = || {
        let key = text("1 to 64 visible ASCII characters.").min_length(Some(1));
        key.max_length(Some(REQUEST_KEY_BYTES)).pattern(Some("^[!-~]+$")).build()
    };
    let in_header = in_query("Idempotency-Key", Required::False, KEY_HEADER, key());
    let in_header = ParameterBuilder::from(in_header).parameter_in(ParameterIn::Header);
    [
        ("if_revision", in_query("if_revision", Required::False, IF_REVISION, revision)),
        ("idempotency_key", in_query("idempotency_key", Required::False, KEY, key())),
        ("Idempotency-Key", Parameter::from(in_header)),
    ]
}

/// The headers of replies by their names.
pub(super) fn headers() -> [(&'static str, RefOr<Header>); 2] {
    let revision = int64("A revision.").minimum(Some(0)).build();
    let mut revision = Header::new(Schema::from(revision));
    revision.description = Some(REVISION.to_owned());
    let mut request_id = Header::new(Schema::from(text("Visible ASCII characters.").build()));
    request_id.description = Some(
        "The name of the request in the server's log: the caller's own, or one that was made.".to_owned(),
    );
    [(FOLDMARK_REVISION, revision.into()), (X_REQUEST_ID, request_id.into())]
}

/// The header that every reply has.
pub(super) const X_REQUEST_ID: &str = "X-Request-Id";
/// The header of replies that depend on one user or chat group.
pub(super) const FOLDMARK_REVISION: &str = "Foldmark-Revision";

/// A component of the document, by its kind and name.
pub(super) fn component(kind: &str, name: &str) -> Ref {
    Ref::new(format!("#/components/{kind}/{name}"))
}

/// The three parameters that say who is calling, as keys.
pub(super) fn security_schemes() -> [(&'static str, SecurityScheme); 3] {
    [("sdkappid", SDKAPPID), ("identifier", IDENTIFIER), ("usersig", USERSIG)].map(|(name, description)| {
        (name, SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description(name, description))))
    })
}

/// All three of them are needed.
pub(super) fn security() -> SecurityRequirement {
    let none: [&str; 0] = [];
    SecurityRequirement::new("sdkappid", none).add("identifier", none).add("usersig", none)
}

/// Where calls are served, which is another address than that of this document.
pub(super) fn server() -> Server {
    let scheme = ServerVariableBuilder::new()
        .default_value("http")
        .enum_values(Some(["http", "https"]))
        .description(Some("`https` with `server.tls`."));
    let host = ServerVariableBuilder::new()
        .default_value("127.0.0.1:8080")
        .description(Some("Host and port of `server.listen`."));
    ServerBuilder::new()
        .url("{scheme}://{host}")
        .description(Some(
            "The listener of the calls, not that of the operators, which serves this document.",
        ))
        .parameter("scheme", scheme)
        .parameter("host", host)
        .build()
}

const SDKAPPID: &str = "The number of the application.";
const IDENTIFIER: &str = "The caller: an administrator of the application, or an end user.";
const USERSIG: &str = "The UserSig of `identifier`, version 2: HMAC-SHA256 with a key of the application.";
const IF_REVISION: &str = "Foldmark's own: refuse the call with 52001 unless the user has this revision, as told by the \
                           header `Foldmark-Revision`.";
const KEY: &str = "Foldmark's own: a name for the call, unique among those of the user. If the same call was made \
                   under it within a day, as one of the last 64, and changed something, its reply is given again and \
                   nothing changed. Another call under the same key is 52002.";
const KEY_HEADER: &str = "As `idempotency_key`.";
const REQUEST_ID: &str = "A name for the request in the server's log, given back in the reply. An unusable one is \
                          replaced.";
const REVISION: &str = "The revision of the user or chat group that the reply depends on. Every change raises it by \
                        one. Not there if the call was refused before anybody was looked at.";

pub(super) fn in_query(
    name: &str,
    required: Required,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}
