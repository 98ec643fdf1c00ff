//! Typed fields out of a body's tree.
//!
//! A [`Place`] knows where in the body one is and which code the service uses for a wrong parameter, so that a
//! fault can name the field with its path. The path is a chain of references on the stack and becomes text only
//! when something is wrong.
//!
//! Parsers follow one pattern. They go through the fields of an object in the order of the document, so that the
//! first fault wins, and then ask for the required ones in the order of the documentation's table. A field that
//! decides what others mean is looked up beforehand; while it is missing or wrong, the fields that depend on it
//! are skipped.

use std::fmt;

use crate::code::Code;
use crate::fault::Fault;
use crate::json::{Object, Value};
use crate::limits::{
    CHAT_GROUP_ID_BYTES_MAX, CHAT_GROUP_ID_SERVICE_PREFIX, CUSTOM_CHAT_GROUP_ID_BYTES_MAX, USER_ID_BYTES_MAX,
};

/// A place in the body and the code for what is wrong there.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    code: Code,
    parent: Option<&'p Place<'p>>,
    step: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Body,
    Field(&'static str),
    Item(usize),
}

impl<'p> Place<'p> {
    /// The body itself.
    pub(crate) const fn body(code: Code) -> Self {
        Self { code, parent: None, step: Step::Body }
    }

    /// A field of the object at this place.
    pub(crate) const fn field(&'p self, name: &'static str) -> Self {
        Self { code: self.code, parent: Some(self), step: Step::Field(name) }
    }

    /// An element of the array at this place.
    pub(crate) const fn item(&'p self, index: usize) -> Self {
        Self { code: self.code, parent: Some(self), step: Step::Item(index) }
    }

    /// The same place, where another code applies.
    pub(crate) const fn with_code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// What is wrong at this place, as a continuation of its path: "must be a string".
    #[cold]
    pub(crate) fn fault(&self, what: impl fmt::Display) -> Fault {
        Fault::new(self.code, format!("{self} {what}"))
    }

    /// The value of a required field of the object at this place.
    pub(crate) fn required<T>(&self, name: &'static str, value: Option<T>) -> Result<T, Fault> {
        match value {
            Some(value) => Ok(value),
            None => Err(self.field(name).fault("is missing")),
        }
    }

    pub(crate) fn object<'a>(&self, value: &'a Value<'a>) -> Result<&'a Object<'a>, Fault> {
        match value {
            Value::Object(object) => Ok(object),
            _ => Err(self.fault("must be an object")),
        }
    }

    pub(crate) fn array<'a>(&self, value: &'a Value<'a>) -> Result<&'a [Value<'a>], Fault> {
        match value {
            Value::Array(items) => Ok(items),
            _ => Err(self.fault("must be an array")),
        }
    }

    pub(crate) fn string<'a>(&self, value: &'a Value<'a>) -> Result<&'a str, Fault> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(self.fault("must be a string")),
        }
    }

    /// A JSON number without fraction and exponent, from `min` to `max` (decision 66).
    pub(crate) fn integer(&self, value: &Value<'_>, min: u64, max: u64) -> Result<u64, Fault> {
        match value {
            Value::Unsigned(number) if (min..=max).contains(number) => Ok(*number),
            Value::Unsigned(_) | Value::Negative(_) => {
                Err(self.fault(format_args!("must be an integer from {min} to {max}")))
            }
            _ => Err(self.fault("must be an integer")),
        }
    }

    /// A string of at most `max` bytes.
    pub(crate) fn short_string<'a>(&self, value: &'a Value<'a>, max: usize) -> Result<&'a str, Fault> {
        let text = self.string(value)?;
        if text.len() > max {
            return Err(self.fault(format_args!("must not be longer than {max} bytes")));
        }
        Ok(text)
    }

    /// A string without NUL; other control characters are kept as sent (decision 69).
    pub(crate) fn string_without_nul<'a>(&self, value: &'a Value<'a>) -> Result<&'a str, Fault> {
        let text = self.string(value)?;
        if text.bytes().any(|byte| byte == 0) {
            return Err(self.fault("must not contain a NUL character"));
        }
        Ok(text)
    }

    /// A user id that could be imported.
    pub(crate) fn user_id<'a>(&self, value: &'a Value<'a>) -> Result<&'a str, Fault> {
        let id = self.string(value)?;
        self.check_id(id, USER_ID_BYTES_MAX)?;
        Ok(id)
    }

    /// The chat group id of a conversation.
    pub(crate) fn chat_group_peer<'a>(&self, value: &'a Value<'a>) -> Result<&'a str, Fault> {
        let id = self.string(value)?;
        self.check_id(id, CHAT_GROUP_ID_BYTES_MAX)?;
        Ok(id)
    }

    /// Refuses an id that is empty, longer than `max` bytes, or holds control characters.
    pub(crate) fn check_id(&self, id: &str, max: usize) -> Result<(), Fault> {
        if id.is_empty() {
            return Err(self.fault("must not be empty"));
        }
        if id.len() > max {
            return Err(self.fault(format_args!("must not be longer than {max} bytes")));
        }
        if has_control_byte(id) {
            return Err(self.fault("must not contain control characters"));
        }
        Ok(())
    }

    /// Refuses an id that no chat group can be registered with: only printable ASCII is allowed, and the length
    /// of an id that the caller made up is smaller than that of one in the form of the vendor's service.
    pub(crate) fn check_chat_group_id(&self, id: &str) -> Result<(), Fault> {
        let from_service = id.starts_with(CHAT_GROUP_ID_SERVICE_PREFIX);
        let max = if from_service { CHAT_GROUP_ID_BYTES_MAX } else { CUSTOM_CHAT_GROUP_ID_BYTES_MAX };
        self.check_id(id, max)?;
        if !id.is_ascii() {
            return Err(self.fault("must hold printable ASCII characters only"));
        }
        Ok(())
    }
}

/// Whether a text holds a byte below 0x20 or 0x7f (decision 48).
pub(crate) fn has_control_byte(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_control())
}

/// The path, for example `MarkItem[3].ContactItem.To_Account`.
impl fmt::Display for Place<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(parent) = self.parent else {
            return out.write_str("the request body");
        };
        let at_top = matches!(parent.step, Step::Body);
        if !at_top {
            write!(out, "{parent}")?;
        }
        match self.step {
            Step::Body => Ok(()),
            Step::Field(name) if at_top => out.write_str(name),
            Step::Field(name) => write!(out, ".{name}"),
            Step::Item(index) => write!(out, "[{index}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    const BODY: Place<'static> = Place::body(Code::Parameter);

    #[test]
    fn a_place_shows_its_path() {
        let items = BODY.field("MarkItem");
        let item = items.item(3);
        let contact = item.field("ContactItem");
        assert_eq!(contact.field("To_Account").to_string(), "MarkItem[3].ContactItem.To_Account");
        assert_eq!(BODY.to_string(), "the request body");
        let fault = contact.with_code(Code::AccountNotString).fault("must be an object");
        assert_eq!(fault.to_string(), "MarkItem[3].ContactItem must be an object (60015)");
    }

    #[test]
    fn integers_are_strict() {
        let place = BODY.field("StartIndex");
        assert_eq!(place.integer(&Value::Unsigned(u64::MAX), 0, u64::MAX), Ok(u64::MAX));
        assert!(place.integer(&Value::Unsigned(3), 1, 2).is_err());
        for wrong in [
            Value::Negative(-1),
            Value::OtherNumber,
            Value::Bool(true),
            Value::String(Cow::Borrowed("1")),
            Value::Null,
            Value::Array(vec![]),
        ] {
            assert_eq!(place.integer(&wrong, 0, u64::MAX).unwrap_err().code, Code::Parameter, "{wrong:?}");
        }
    }

    #[test]
    fn ids_have_bounds_in_bytes() {
        let user = |id: &str| BODY.user_id(&Value::String(Cow::Borrowed(id))).is_ok();
        assert!(
            user("u") && user(&"x".repeat(32)) && user(&"é".repeat(16)) && user("a b*c") && user("\u{85}")
        );
        assert!(!user("") && !user(&"x".repeat(33)) && !user(&"é".repeat(17)));
        assert!(!user("a\nb") && !user("a\0") && !user("\u{7f}") && !user("\u{1f}"));
        let peer = |id: &str| BODY.chat_group_peer(&Value::String(Cow::Borrowed(id))).is_ok();
        assert!(peer(&"x".repeat(64)) && !peer(&"x".repeat(65)) && !peer(""));
    }

    #[test]
    fn chat_group_ids_are_longer_in_the_form_of_the_service() {
        let ok = |id: &str| BODY.check_chat_group_id(id).is_ok();
        assert!(ok("@TGS#1B2AUI7RZ") && ok("@TGS#_@TGS#cABC") && ok(&"x".repeat(48)) && ok(" ~"));
        assert!(!ok(&"x".repeat(49)) && !ok("") && !ok("é") && !ok("a\x7f") && !ok("a\tb"));
        assert!(ok(&format!("@TGS#{}", "x".repeat(59))) && !ok(&format!("@TGS#{}", "x".repeat(60))));
    }
}
