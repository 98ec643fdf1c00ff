//! The webhooks: requests that the server makes and others answer. Nobody who calls them needs a UserSig, since the
//! caller is the server; its signature is in a header.

use foldmark_wire::CallName;
use foldmark_wire::samples::{self, Sample};
use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{KnownFormat, Ref, SchemaFormat};
use utoipa::openapi::{Paths, Required, Schema};

use super::build::{Field, Named, always, int64, named, object, one_of, required, text};
use super::devices::change_fields;
use super::frame::{component, in_query};

/// Every webhook.
pub(super) fn all() -> Paths {
    let changed = operation(
        "userChanged",
        "UserChanged",
        samples::USER_CHANGED,
        "A user was changed",
        "Tells what changed of a user after the revision `Since`, as it is at `Revision`: a page as that of `get_changes`, \
         of at most 100 changes. With `More` the next event goes on.",
    );
    let deleted = operation(
        "userDeleted",
        "UserDeleted",
        samples::USER_DELETED,
        "A user was deleted",
        "Tells that an account was deleted: everything kept of the user can go.",
    );
    PathsBuilder::new()
        .path("userChanged", PathItem::new(HttpMethod::Post, changed))
        .path("userDeleted", PathItem::new(HttpMethod::Post, deleted))
        .build()
}

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let whose = || Vec::from(whose());
    vec![
        ("UserChanged", event("user.changed", "UserChangedData", "What changed.")),
        (
            "UserChangedData",
            object("What changed of a user.", whose().into_iter().chain(always(change_fields()))),
        ),
        ("UserDeleted", event("user.deleted", "UserDeletedData", "Who was deleted.")),
        ("UserDeletedData", object("A user who was deleted.", whose())),
    ]
}

/// The headers of the requests, by their names.
pub(super) fn parameters() -> [(&'static str, Parameter); 3] {
    let header = |name: &'static str, description, schema: Schema| {
        let mut parameter = in_query(name, Required::True, description, schema);
        parameter.parameter_in = ParameterIn::Header;
        (name, parameter)
    };
    let id = text("Visible ASCII characters.").min_length(Some(1)).build();
    let timestamp = int64("A moment in Unix seconds.").minimum(Some(0)).build();
    let signature = text("Signatures, separated by spaces.").min_length(Some(1)).build();
    [
        header("webhook-id", "The same whenever the same is told.", id.into()),
        header(
            "webhook-timestamp",
            "When this request was made. A receiver refuses what is more than five minutes from its own clock.",
            timestamp.into(),
        ),
        header("webhook-signature", SIGNATURE, signature.into()),
    ]
}

fn operation(id: &str, schema: &str, sample: Sample, summary: &str, description: &str) -> Operation {
    let value: Value = serde_json::from_str(sample.text).expect("golden files are JSON");
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(schema)))
        .examples_from_iter([(sample.name, ExampleBuilder::new().value(Some(value)).build())])
        .build();
    let request = RequestBodyBuilder::new()
        .description(Some("What the signature is over, byte for byte."))
        .required(Some(Required::True))
        .content("application/json", content)
        .build();
    let taken = "The receiver has the event safely. Bodies are not looked at.";
    let other = "It does not have it: it is told again later.";
    let mut operation = OperationBuilder::new()
        .tag(CallName::GetChanges.service())
        .operation_id(Some(id))
        .summary(Some(summary))
        .description(Some(format!("{description}\n\n{FOR_ALL}")))
        .securities(Some([]))
        .request_body(Some(request))
        .response("2XX", ResponseBuilder::new().description(taken).build())
        .response("default", ResponseBuilder::new().description(other).build());
    for (name, _) in parameters() {
        operation = operation.parameter_ref(component("parameters", name));
    }
    operation.build()
}

fn event(kind: &str, data: &str, what: &str) -> Schema {
    let moment = text("When this event was made, in UTC, as RFC 3339 has it.");
    let moment = moment.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).build();
    object(
        "The body of the request.",
        [
            required("type", one_of("What this event is.", [kind])),
            required("timestamp", Schema::from(moment)),
            required("data", named(data, what)),
        ],
    )
}

fn whose() -> [Field; 5] {
    let application =
        int64("The number of the application.").minimum(Some(1)).maximum(Some(u32::MAX)).build();
    let incarnation = text("Revisions of two incarnations of a user do not compare: 16 hexadecimal digits.");
    let incarnation = incarnation.min_length(Some(16)).max_length(Some(16)).build();
    [
        required("SdkAppid", Schema::from(application)),
        required("From_Account", named("UserId", "The user.")),
        required("Incarnation", Schema::from(incarnation)),
        required("Since", named("Revision", "What was told before: the events up to here.")),
        required("Revision", named("Revision", "The user's, up to which this tells.")),
    ]
}

const SIGNATURE: &str = "One or two signatures as Standard Webhooks 1.0 has them: `v1,` and the Base64 of \
                         HMAC-SHA256(secret, `webhook-id.webhook-timestamp.body`). One of them is right.";

const FOR_ALL: &str = "\
Sent to the receiver that is configured for the application (`apps.webhook.url`), at least once, and of one user one \
event at a time, in order. Check the signature and the timestamp before anything else. Answer within \
`timeout_seconds`. Drop an event of the user's last `Incarnation` whose `Revision` is lower than his last, whose \
`webhook-id` was taken at that `Revision`, or that has `Reset` at the `Revision` of the last event without `More`, and \
any event of an `Incarnation` before the last; apply all others. A `Since` greater than the `Revision` of the last \
event without `More`, or another incarnation without `Reset`, means that something was not told: read the user by \
`get_changes`. Section 11 of `docs/EXTENSIONS.md` says more. There may be events of other types later: answer them \
with 200 and pass them over.";
