//! The body of a request as a tree that borrows from it.
//!
//! The tree keeps fields in the order of the document, because the first fault of a body is reported, and it
//! copies only strings that hold escapes. Everything that [`parse_body`] accepts is one JSON object in UTF-8
//! (RFC 8259) without duplicate keys, of bounded size and depth; what a field may hold is not its business.
//!
//! A body of the largest size can grow to about 25 times its size in memory (objects with one short field are the
//! worst case), which is what the bound on the number of bodies in flight has to be multiplied with.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::code::Code;
use crate::fault::Fault;
use crate::limits::{BODY_BYTES_MAX, BODY_DEPTH_MAX};

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer from 0 to 2^64 - 1.
    Unsigned(u64),
    /// A negative integer down to -2^63.
    Negative(i64),
    /// Any other number: one with a fraction or an exponent, or an integer beyond 64 bits. No field of the
    /// protocol takes one, so its value is not kept.
    OtherNumber,
    /// A string without its escapes.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// A JSON object with its fields in the order of the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a> {
    fields: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// The field of this name. A field that is `null` counts as missing (decision 47).
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.fields().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The fields in the order of the document, without those that are `null`.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.fields
            .iter()
            .filter(|(_, value)| !matches!(value, Value::Null))
            .map(|(name, value)| (name.as_ref(), value))
    }
}

/// Parses the body of a request.
///
/// Refuses with 60003 what is not one well-formed JSON object: syntax errors, text after the object, a byte order
/// mark, invalid UTF-8, lone surrogates, duplicate keys, more than [`BODY_DEPTH_MAX`] levels, more than
/// [`BODY_BYTES_MAX`] bytes. A number too large for any machine number, like `1e999`, is 50002.
pub fn parse_body(body: &[u8]) -> Result<Object<'_>, Fault> {
    if body.len() > BODY_BYTES_MAX {
        return Err(not_json(format!("is longer than {BODY_BYTES_MAX} bytes")));
    }
    if body.is_empty() {
        return Err(not_json("is empty; send {} if there is nothing to say"));
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Err(not_json("is not valid UTF-8"));
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // The depth limit is `ValueSeed`'s own, so that it is exact.
    deserializer.disable_recursion_limit();
    let seed = ValueSeed { levels_left: BODY_DEPTH_MAX };
    let value = seed.deserialize(&mut deserializer).map_err(|error| syntax_fault(&error))?;
    deserializer.end().map_err(|error| syntax_fault(&error))?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(not_json("is not a JSON object")),
    }
}

fn not_json(what: impl fmt::Display) -> Fault {
    Fault::new(Code::JsonParse, format!("the request body {what}"))
}

fn syntax_fault(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    // The library tells this error from others by its text alone. Such a number is well-formed JSON.
    if text.starts_with("number out of range") {
        return Fault::new(Code::Parameter, format!("the request body holds a {text}"));
    }
    not_json(format!("is not valid JSON: {text}"))
}

/// Builds one value; `levels_left` is how many arrays and objects may still be opened, this value included.
#[derive(Clone, Copy)]
struct ValueSeed {
    levels_left: usize,
}

impl ValueSeed {
    fn inner<E: Error>(self) -> Result<Self, E> {
        if self.levels_left == 0 {
            return Err(E::custom(format_args!("nested deeper than {BODY_DEPTH_MAX} levels")));
        }
        Ok(Self { levels_left: self.levels_left - 1 })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(Value::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Negative(value))
    }

    fn visit_f64<E: Error>(self, _value: f64) -> Result<Value<'de>, E> {
        Ok(Value::OtherNumber)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let inner = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            if items.is_empty() {
                items.reserve_exact(ITEMS_FIRST);
            }
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value<'de>, A::Error> {
        let inner = self.inner()?;
        let mut fields = Vec::new();
        while let Some(key) = access.next_key_seed(KeySeed)? {
            if fields.is_empty() {
                fields.reserve_exact(FIELDS_FIRST);
            }
            fields.push((key, access.next_value_seed(inner)?));
        }
        if has_duplicate_key(&fields) {
            return Err(A::Error::custom("an object has the same key twice"));
        }
        Ok(Value::Object(Object { fields }))
    }
}

/// Builds the key of a field; serde's own `Cow` would always copy.
struct KeySeed;

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Fields and elements that a new object and array have room for. Left to itself a vector starts with four, which
/// a hostile body made of many small ones would multiply. Most objects are conversations with two fields.
const FIELDS_FIRST: usize = 2;
const ITEMS_FIRST: usize = 1;

/// Keys up to this number are compared with each other; more of them are sorted first, so that an object with
/// many keys cannot cost quadratic time.
const KEYS_COMPARED_MAX: usize = 12;

fn has_duplicate_key(fields: &[(Cow<'_, str>, Value<'_>)]) -> bool {
    if fields.len() > KEYS_COMPARED_MAX {
        let mut keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_ref()).collect();
        keys.sort_unstable();
        return keys.windows(2).any(|pair| pair[0] == pair[1]);
    }
    for (index, (key, _)) in fields.iter().enumerate() {
        if fields[..index].iter().any(|(earlier, _)| earlier == key) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &[u8]) -> i32 {
        parse_body(body).unwrap_err().code.number()
    }

    #[test]
    fn values_borrow_unless_they_hold_escapes() {
        let body = parse_body(
            br#" {"a":"plain","b":"es\u0063aped","c":[1,-2,1.0,1e3,18446744073709551616,true,null],"d":{}} "#,
        )
        .unwrap();
        assert!(matches!(body.get("a"), Some(Value::String(Cow::Borrowed("plain")))));
        assert_eq!(body.get("b"), Some(&Value::String(Cow::Owned("escaped".to_owned()))));
        let numbers = [
            Value::Unsigned(1),
            Value::Negative(-2),
            Value::OtherNumber,
            Value::OtherNumber,
            Value::OtherNumber,
            Value::Bool(true),
            Value::Null,
        ];
        assert_eq!(body.get("c"), Some(&Value::Array(numbers.to_vec())));
        assert_eq!(body.get("d"), Some(&Value::Object(Object::default())));
    }

    #[test]
    fn fields_keep_their_order_and_null_is_missing() {
        let body = parse_body(br#"{"z":1,"n":null,"a":2}"#).unwrap();
        let names: Vec<&str> = body.fields().map(|(name, _)| name).collect();
        assert_eq!(names, ["z", "a"]);
        assert_eq!(body.get("n"), None);
        assert_eq!(body.get("missing"), None);
    }

    #[test]
    fn what_is_not_one_json_object_is_60003() {
        let bodies: [&[u8]; 24] = [
            b"",
            b" ",
            b"null",
            b"[]",
            b"1",
            b"\"x\"",
            b"{",
            b"{}}",
            b"{} {}",
            b"{}x",
            b"{\"a\":1,}",
            b"{'a':1}",
            b"{a:1}",
            b"{\"a\":01}",
            b"{\"a\":+1}",
            b"{\"a\":NaN}",
            b"{\"a\":\"\x01\"}",
            b"{\"a\":\"\\x\"}",
            b"// comment\n{}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\xed\xa0\x80\"}",
            b"{\"\xc0\xaf\":1}",
            b"{}\0",
        ];
        for body in bodies {
            assert_eq!(code(body), 60003, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn lone_surrogates_are_60003_and_pairs_are_text() {
        for body in [r#"{"a":"\ud800"}"#, r#"{"a":"\udc00"}"#, r#"{"a":"\ud800\u0041"}"#, r#"{"\ud800x":1}"#]
        {
            assert_eq!(code(body.as_bytes()), 60003, "{body}");
        }
        let body = parse_body(br#"{"a":"\ud83d\ude00"}"#).unwrap();
        assert_eq!(body.get("a"), Some(&Value::String(Cow::Owned("😀".to_owned()))));
    }

    #[test]
    fn duplicate_keys_are_60003_wherever_they_are() {
        for body in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":null,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"ignored":[{"deep":{"b":1,"c":2,"b":3}}]}"#,
        ] {
            assert_eq!(code(body.as_bytes()), 60003, "{body}");
        }
        assert!(parse_body(br#"{"a":{"a":{"a":1}},"A":1}"#).is_ok());
    }

    #[test]
    fn an_object_with_many_keys_is_still_checked_for_duplicates() {
        let mut keys: Vec<String> = (0..50_000).map(|number| format!("\"key{number}\":0")).collect();
        let body = format!("{{{}}}", keys.join(","));
        assert_eq!(parse_body(body.as_bytes()).unwrap().fields().count(), 50_000);
        keys.push("\"key7\":1".to_owned());
        let body = format!("{{{}}}", keys.join(","));
        assert_eq!(code(body.as_bytes()), 60003);
    }

    #[test]
    fn depth_128_passes_and_129_does_not() {
        let arrays =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        let objects =
            |levels: usize| format!("{}{{}}{}", "{\"a\":".repeat(levels - 1), "}".repeat(levels - 1));
        assert!(parse_body(arrays(128).as_bytes()).is_ok());
        assert!(parse_body(objects(128).as_bytes()).is_ok());
        assert_eq!(code(arrays(129).as_bytes()), 60003);
        assert_eq!(code(objects(129).as_bytes()), 60003);
        assert_eq!(code("[".repeat(BODY_BYTES_MAX).as_bytes()), 60003);
    }

    #[test]
    fn a_body_of_1_mib_passes_and_one_byte_more_does_not() {
        let mut body = b"{}".to_vec();
        body.resize(BODY_BYTES_MAX, b' ');
        assert!(parse_body(&body).is_ok());
        body.push(b' ');
        assert_eq!(code(&body), 60003);
    }

    #[test]
    fn numbers_out_of_range_are_50002() {
        let long = format!("{{\"a\":{}}}", "9".repeat(400));
        for body in [r#"{"a":1e999}"#, r#"{"a":[-1e999]}"#, &long] {
            assert_eq!(code(body.as_bytes()), 50002, "{body}");
        }
    }

    #[test]
    fn a_fault_never_repeats_the_body() {
        let fault = parse_body(br#"{"secret":"hunter2","secret":1}"#).unwrap_err();
        assert!(!fault.info.contains("hunter2") && !fault.info.contains("\"secret\""), "{fault}");
    }
}
