//! Short ways to write schemas down: objects of named fields, lists, texts, integers, references.

use serde_json::Value;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};

/// A schema with the name that it is referred to by.
pub(super) type Named = (&'static str, Schema);

/// A field of an object.
pub(super) struct Field {
    name: &'static str,
    schema: RefOr<Schema>,
    is_required: bool,
}

/// A field that is always there.
pub(super) fn required(name: &'static str, schema: impl Into<RefOr<Schema>>) -> Field {
    Field { name, schema: schema.into(), is_required: true }
}

/// A field that may be left out.
pub(super) fn optional(name: &'static str, schema: impl Into<RefOr<Schema>>) -> Field {
    Field { name, schema: schema.into(), is_required: false }
}

/// The same fields, all of which are always there.
pub(super) fn always<const N: usize>(fields: [Field; N]) -> [Field; N] {
    fields.map(|field| Field { is_required: true, ..field })
}

/// An object of these fields. It may hold more, which is ignored, so nothing is said of that.
pub(super) fn object(description: &str, fields: impl IntoIterator<Item = Field>) -> Schema {
    let mut object = ObjectBuilder::new().schema_type(Type::Object).description(Some(description));
    for Field { name, schema, is_required } in fields {
        object = object.property(name, schema);
        if is_required {
            object = object.required(name);
        }
    }
    object.build().into()
}

/// The schema of this name, and what it means where it is used.
pub(super) fn named(name: &str, description: &str) -> RefOr<Schema> {
    let mut reference = Ref::from_schema_name(name);
    reference.description = description.to_owned();
    RefOr::Ref(reference)
}

/// A list of `least` to `most` elements.
pub(super) fn list(
    description: &str,
    items: RefOr<Schema>,
    least: Option<usize>,
    most: Option<usize>,
) -> Schema {
    ArrayBuilder::new()
        .description(Some(description))
        .items(items)
        .min_items(least)
        .max_items(most)
        .build()
        .into()
}

/// The elements of a list, by the name of their schema.
pub(super) fn of(name: &str) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// A string.
pub(super) fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

/// An integer that clients can hold in 32 bits, with a sign.
pub(super) fn int32(description: &str) -> ObjectBuilder {
    integer(description, KnownFormat::Int32)
}

/// An integer that clients need 64 bits for.
pub(super) fn int64(description: &str) -> ObjectBuilder {
    integer(description, KnownFormat::Int64)
}

/// `true` or `false`.
pub(super) fn flag(description: &str) -> Schema {
    ObjectBuilder::new().schema_type(Type::Boolean).description(Some(description)).build().into()
}

/// An integer that stands for something: each value with the name that generated code gives it.
pub(super) fn choice(description: &str, values: &[(i32, &str)]) -> Schema {
    let names: Vec<Value> = values.iter().map(|(_, name)| Value::from(*name)).collect();
    int32(description)
        .enum_values(Some(values.iter().map(|(number, _)| *number)))
        .extensions(Some(Extensions::from_iter([("x-enum-varnames", names)])))
        .build()
        .into()
}

/// A string that is one of these.
pub(super) fn one_of<'a>(description: &str, values: impl IntoIterator<Item = &'a str>) -> Schema {
    text(description).enum_values(Some(values)).build().into()
}

fn integer(description: &str, format: KnownFormat) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .description(Some(description))
}
