//! The query string that every call carries: application, caller, signature.
//!
//! Clients put the values there literally or percent-encoded, and a `+` is a plus sign. Names and values are
//! case sensitive, the first of several equal names counts, and what is not known here is ignored unread
//! (decision 74), `random` included.

use std::borrow::Cow;
use std::fmt::Write;

use memchr::memchr;

use crate::code::Code;
use crate::fault::Fault;

/// The parameters of a call's URL.
#[derive(Clone, PartialEq, Eq)]
pub struct Query<'a> {
    /// The application, never 0.
    pub sdkappid: u32,
    /// The caller, never empty.
    pub identifier: Cow<'a, str>,
    /// The caller's UserSig. It may be empty here, since a missing one (70002) is found after an unknown
    /// application (70020).
    pub usersig: Cow<'a, str>,
    /// The revision that the user must have. Foldmark's own, for calls that change one user.
    pub if_revision: Option<u64>,
    /// What the caller calls the request, as sent. Foldmark's own, for the same calls.
    pub idempotency_key: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    /// Parses the query string without its question mark.
    ///
    /// A bad percent-encoding is 60002, a missing `sdkappid` 60012, any other wrong value 60025 (decision 72).
    pub fn parse(raw: &'a str) -> Result<Self, Fault> {
        let mut sdkappid = None;
        let mut identifier = None;
        let mut usersig = None;
        let mut contenttype = None;
        let mut if_revision = None;
        let mut idempotency_key = None;
        let encoded = memchr(b'%', raw.as_bytes()).is_some();
        let read = |text| if encoded { decode(text) } else { Ok(Cow::Borrowed(text)) };
        for (name, value) in pairs(raw) {
            let target = match read(name)?.as_ref() {
                "sdkappid" => &mut sdkappid,
                "identifier" => &mut identifier,
                "usersig" => &mut usersig,
                "contenttype" => &mut contenttype,
                "if_revision" => &mut if_revision,
                "idempotency_key" => &mut idempotency_key,
                _ => continue,
            };
            if target.is_none() {
                *target = Some(read(value)?);
            }
        }
        let sdkappid = parse_sdkappid(sdkappid.as_deref())?;
        let identifier = identifier.unwrap_or_default();
        if identifier.is_empty() {
            return Err(Fault::new(Code::UrlParameter, "identifier is missing from the URL"));
        }
        if contenttype.is_some_and(|format| format != "json") {
            return Err(Fault::new(Code::UrlParameter, "contenttype in the URL must be json"));
        }
        let if_revision = if_revision.as_deref().map(parse_revision).transpose()?;
        Ok(Self { sdkappid, identifier, usersig: usersig.unwrap_or_default(), if_revision, idempotency_key })
    }
}

/// The first parameter of this name, read as those of every call are.
pub fn parameter<'a>(raw: &'a str, name: &str) -> Result<Option<Cow<'a, str>>, Fault> {
    for (encoded, value) in pairs(raw) {
        if decode(encoded)? == name {
            return decode(value).map(Some);
        }
    }
    Ok(None)
}

/// Writes the query string of a call, in the order of the documentation's sample.
pub fn write_query(sdkappid: u32, identifier: &str, usersig: &str, random: u32) -> String {
    let mut query = format!("sdkappid={sdkappid}&identifier=");
    encode(&mut query, identifier);
    query.push_str("&usersig=");
    encode(&mut query, usersig);
    query.push_str("&random=");
    query.push_str(&random.to_string());
    query.push_str("&contenttype=json");
    query
}

/// Adds to a query what makes a call dependent on the user's revision, and a name by which it is carried out once.
pub fn write_guards(query: &mut String, if_revision: Option<u64>, idempotency_key: Option<&str>) {
    if let Some(revision) = if_revision {
        query.push_str("&if_revision=");
        query.push_str(&revision.to_string());
    }
    if let Some(key) = idempotency_key {
        query.push_str("&idempotency_key=");
        encode(query, key);
    }
}

/// Adds a parameter of this name to a query.
pub fn write_parameter(query: &mut String, name: &str, value: &str) {
    query.push('&');
    query.push_str(name);
    query.push('=');
    encode(query, value);
}

/// The names and values between the separators, encoded as they are.
fn pairs(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(raw);
    std::iter::from_fn(move || {
        let (pair, after) = split_at_byte(rest?, b'&');
        rest = after;
        let (name, value) = split_at_byte(pair, b'=');
        Some((name, value.unwrap_or_default()))
    })
}

/// What stands before the first `separator`, an ASCII character, and what behind it. A UserSig is long, so that it pays
/// to look at many bytes at once.
fn split_at_byte(text: &str, separator: u8) -> (&str, Option<&str>) {
    match memchr(separator, text.as_bytes()) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

fn parse_sdkappid(value: Option<&str>) -> Result<u32, Fault> {
    let Some(text) = value else {
        return Err(Code::ApplicationMissing.into());
    };
    // A sign, which `parse` would take, is not part of a number here.
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits_only && number != 0 => Ok(number),
        _ => Err(Fault::new(Code::UrlParameter, "sdkappid in the URL must be a number from 1 to 4294967295")),
    }
}

fn parse_revision(text: &str) -> Result<u64, Fault> {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits_only).ok_or_else(|| {
        Fault::new(
            Code::UrlParameter,
            "if_revision in the URL must be a number from 0 to 18446744073709551615",
        )
    })
}

fn decode(text: &str) -> Result<Cow<'_, str>, Fault> {
    if memchr(b'%', text.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(text));
    }
    let bad = || Fault::new(Code::HttpParse, "the URL holds a percent sign that starts no encoded UTF-8");
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            decoded.push(byte);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else {
            return Err(bad());
        };
        let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low)) else {
            return Err(bad());
        };
        decoded.push(high << 4 | low);
        rest = after;
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| bad())
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Leaves what RFC 3986 calls unreserved as it is, and `*`, so that a UserSig looks as in the documentation.
fn encode(target: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~*".contains(&byte) {
            target.push(char::from(byte));
        } else {
            write!(target, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(raw: &str) -> i32 {
        match Query::parse(raw) {
            Ok(_) => 0,
            Err(fault) => fault.code.number(),
        }
    }

    fn parsed(raw: &str) -> (u32, String, String) {
        let query = Query::parse(raw).map_err(|fault| fault.to_string()).unwrap();
        (query.sdkappid, query.identifier.into_owned(), query.usersig.into_owned())
    }

    #[test]
    fn the_documented_sample() {
        let raw = "sdkappid=88888888&identifier=admin&usersig=xxx&random=99999999&contenttype=json";
        assert_eq!(parsed(raw), (88888888, "admin".to_owned(), "xxx".to_owned()));
        assert_eq!(write_query(88888888, "admin", "xxx", 99999999), raw);
    }

    #[test]
    fn values_are_literal_or_encoded() {
        let expected = (1, "a+b c".to_owned(), "e*J-_=".to_owned());
        assert_eq!(parsed("usersig=e*J-_=&identifier=a+b%20c&sdkappid=1"), expected);
        assert_eq!(parsed("&&usersig=e%2AJ%2d_%3D&%69dentifier=a%2Bb c&sdkappid=%31&"), expected);
    }

    #[test]
    fn the_first_counts_and_unknown_ones_are_ignored() {
        let raw = "sdkappid=7&sdkappid=x&identifier=a&identifier=&usersig=s&random=%zz&foo&=&Identifier=b";
        assert_eq!(parsed(raw), (7, "a".to_owned(), "s".to_owned()));
        assert_eq!(parsed("identifier=a&sdkappid=1").2, "", "a missing usersig is found later");
    }

    #[test]
    fn other_parameters_are_read_the_same_way() {
        let raw = "x=%zz&From_Account=a+b%20c&From%5FAccount=d&Bad=%ff&Empty";
        let read = |name| parameter(raw, name).map_err(|fault| fault.code.number());
        assert_eq!(read("From_Account"), Ok(Some(Cow::Borrowed("a+b c"))));
        assert_eq!(read("Bad"), Err(60002));
        assert_eq!((read("Empty"), read("from_account")), (Ok(Some(Cow::Borrowed(""))), Ok(None)));
        assert_eq!(parameter("%5fx=1&_x=2", "_x"), Ok(Some(Cow::Borrowed("1"))));
    }

    #[test]
    fn what_is_wrong_has_its_code() {
        for (raw, number) in [
            ("", 60012),
            ("identifier=a", 60012),
            ("sdkappid=", 60025),
            ("sdkappid=abc&identifier=a", 60025),
            ("sdkappid=0&identifier=a", 60025),
            ("sdkappid=+1&identifier=a", 60025),
            ("sdkappid=-1&identifier=a", 60025),
            ("sdkappid=4294967296&identifier=a", 60025),
            ("sdkappid=1&identifier=", 60025),
            ("sdkappid=1", 60025),
            ("sdkappid=1&identifier=a&contenttype=xml", 60025),
            ("sdkappid=1&identifier=a&contenttype=JSON", 60025),
            ("sdkappid=1&identifier=a&contenttype=", 60025),
            ("sdkappid=1&identifier=%", 60002),
            ("sdkappid=1&identifier=%4", 60002),
            ("sdkappid=1&identifier=%+1", 60002),
            ("sdkappid=1&identifier=%ff", 60002),
            ("sdkappid=4294967295&identifier=a&contenttype=json", 0),
        ] {
            assert_eq!(code(raw), number, "{raw}");
        }
    }

    #[test]
    fn guards_are_written_and_read_back() {
        let mut raw = write_query(5, "a", "s", 0);
        let guards = |raw: &str| {
            let query = Query::parse(raw).map_err(|fault| fault.to_string()).unwrap();
            (query.if_revision, query.idempotency_key.map(Cow::into_owned))
        };
        assert_eq!(guards(&raw), (None, None));
        write_guards(&mut raw, Some(u64::MAX), Some("a&b=c"));
        assert_eq!(guards(&raw), (Some(u64::MAX), Some("a&b=c".to_owned())));
        for wrong in ["", "+1", "-1", "1.0", "x", "18446744073709551616"] {
            assert_eq!(code(&format!("sdkappid=1&identifier=a&if_revision={wrong}")), 60025, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for identifier in ["a&b=c%d", "用户", "x+y z\n", "~*-_."] {
            let raw = write_query(5, identifier, "s*-_", 0);
            assert_eq!(parsed(&raw), (5, identifier.to_owned(), "s*-_".to_owned()));
        }
    }
}
