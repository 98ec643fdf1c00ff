//! The watch: the one path that is no call. It is asked for by GET and answered by a stream of events that does not end
//! by itself, so what OpenAPI can say of a body is said of each event's data, under `x-events`.

use foldmark_wire::CallName;
use foldmark_wire::samples;
use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterIn};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::Ref;
use utoipa::openapi::{RefOr, Required, Schema};

use super::build::{Named, int64, named, object, required, text};
use super::codes;
use super::devices::change_fields;
use super::frame::{component, in_query, parameters};
use super::values::reply;

/// Every schema of this file.
pub(super) fn schemas() -> Vec<Named> {
    let revision = int64("Each commit raises it by one.").minimum(Some(0)).build();
    let stream = text("Events, each ended by an empty line, as `EventSource` reads them.").build();
    let with_revision = [required("Revision", named("Revision", "The user's, on which this depends."))];
    vec![
        ("Revision", revision.into()),
        ("EventStream", stream.into()),
        (
            "WatchChanges",
            reply("The data of an event `changes`.", change_fields().into_iter().chain(with_revision)),
        ),
        (
            "WatchedUser",
            object(
                "The data of an event `user`.",
                [
                    required("From_Account", named("UserId", "The user who changed.")),
                    required("Revision", named("Revision", "The user's, behind the change.")),
                ],
            ),
        ),
        ("WatchReset", object("The data of an event `reset`: nothing.", [])),
        ("Refusal", reply("Why a watch did not begin, or the data of an event `end`: why it ended.", [])),
    ]
}

/// The operation.
pub(super) fn operation() -> Operation {
    let mut operation = OperationBuilder::new()
        .tag(CallName::GetChanges.service())
        .operation_id(Some("watch"))
        .summary(Some("Watch a user, or who changes"))
        .description(Some(format!("{DESCRIPTION}\n\n{}", codes::describe_watch())));
    // A watch has no `X-Request-Id`: it is no call, and the log does not tell of it as one.
    for (name, _) in parameters().into_iter().filter(|(name, _)| *name != "X-Request-Id") {
        operation = operation.parameter_ref(component("parameters", name));
    }
    for parameter in own_parameters() {
        operation = operation.parameter(parameter);
    }
    let refusal = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Refusal")))
        .examples_from_iter([(samples::FAULT.name, example(read(samples::FAULT.text)))]);
    let stream = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("EventStream")))
        .examples_from_iter([("of_a_user", example(of_a_user())), ("of_all", example(of_all()))])
        .extensions(Some(Extensions::from_iter([("x-events", events())])));
    let response = ResponseBuilder::new()
        .description("A stream that goes on until the server or the client ends it, or a refusal.")
        .content("text/event-stream", stream.build())
        .content("application/json", refusal.build());
    operation.response("200", response.build()).build()
}

fn own_parameters() -> [Parameter; 3] {
    let user = "Whom to watch. Left out, the whole application, by an administrator and not in a cluster.";
    let cursor = "Where to go on: the `id` of an earlier event. Left out, or not one of this watch, from the beginning.";
    let last = "As `Cursor`, and counts before it: browsers send it by themselves when they come back.";
    let place = || RefOr::<Schema>::Ref(Ref::from_schema_name("Cursor"));
    let user = in_query("From_Account", Required::False, user, Ref::from_schema_name("UserId"));
    let cursor = in_query("Cursor", Required::False, cursor, place());
    let mut last = in_query("Last-Event-ID", Required::False, last, place());
    last.parameter_in = ParameterIn::Header;
    [user, cursor, last]
}

/// The name of each event, and the schema of its data.
fn events() -> Value {
    let data = |schema: &str| json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({
        "changes": data("WatchChanges"),
        "user": data("WatchedUser"),
        "reset": data("WatchReset"),
        "end": data("Refusal"),
    })
}

fn of_a_user() -> Value {
    let changes = read(samples::WATCH_CHANGES.text);
    let cursor = changes["Cursor"].as_str().unwrap_or_default();
    Value::from(format!("retry: 1000\nid: {cursor}\nevent: changes\ndata: {changes}\n\n:\n\n"))
}

fn of_all() -> Value {
    let user = read(samples::WATCH_USER.text);
    Value::from(format!(
        "retry: 1000\nid: 5f-0\nevent: reset\ndata: {{}}\n\nid: 5f-1\nevent: user\ndata: {user}\n\n"
    ))
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("golden files are JSON")
}

fn example(value: Value) -> utoipa::openapi::example::Example {
    ExampleBuilder::new().value(Some(value)).build()
}

const DESCRIPTION: &str = "\
Tells the changes of a user as they happen, as Server-Sent Events, from `Cursor` on or from the beginning. An event \
`changes` is a page as that of `get_changes`, with the user's `Revision`; its `id` is the cursor behind it. Comments come \
every 15 seconds: a client that hears nothing for longer connects again. The event `end` is the last one and says why; after \
60008 come back in a second, as the stream's `retry` says. What is refused from the start is answered with JSON.

Without `From_Account` an administrator is told which users of the application change: events `user`, and `reset` when \
what happened before is not known. Who may call `get_changes` for a user may watch him.";
