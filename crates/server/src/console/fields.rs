//! What a form or a query holds: names and values, of which a name may have several.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

/// The fields of one form, or of one query.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(String, String)>);

/// Those of a request's query.
impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Fields, Infallible> {
        Ok(Fields::parse(parts.uri.query().unwrap_or_default().as_bytes()))
    }
}

impl Fields {
    pub(super) fn parse(encoded: &[u8]) -> Fields {
        Fields(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The first value of this name; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The first value of this name as a number.
    pub(super) fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        self.get(name).parse().ok()
    }

    /// All values of this name, in order.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// A query, encoded.
pub(super) fn query(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_name() {
        let fields = Fields::parse(b"a=1&b=x+y%26&a=2&c");
        assert_eq!(fields.get("a"), "1");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("b"), "x y&");
        assert_eq!((fields.get("c"), fields.get("d")), ("", ""));
        assert_eq!(fields.number::<u8>("a"), Some(1));
        assert_eq!(fields.number::<u8>("b"), None);
    }

    #[test]
    fn queries_are_read_as_they_were_written() {
        let fields = Fields::parse(query(&[("id", "a&b=c d"), ("q", "<é>")]).as_bytes());
        assert_eq!((fields.get("id"), fields.get("q")), ("a&b=c d", "<é>"));
    }
}
