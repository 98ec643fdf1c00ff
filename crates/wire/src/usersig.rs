//! UserSig, version 2: who is calling, signed with the application's key.
//!
//! A UserSig is a JSON object with a HMAC-SHA256 over its other fields, compressed with zlib, in Base64 with a
//! replaced alphabet. Taking one apart ([`UserSig::decode`]) is apart from believing it ([`UserSig::verify`]).
//!
//! The signed text has one line per field, so no field may hold a line feed: identifiers with control characters
//! and a userbuf that is not strict Base64 are refused before anything is computed (decision 48).

use std::fmt;
use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, KeyInit, Mac};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::code::Code;
use crate::extract::has_control_byte;
use crate::fault::Fault;
use crate::limits::USER_SIG_INFLATED_BYTES_MAX;

/// What a new UserSig is made of.
#[derive(Clone, Copy)]
pub struct NewUserSig<'a> {
    /// The application.
    pub sdkappid: u32,
    /// The application's key: the bytes of its text, not what the hex digits stand for.
    pub key: &'a [u8],
    /// The user. One with control characters gives a UserSig that is never accepted.
    pub identifier: &'a str,
    /// Unix seconds of now.
    pub now: u64,
    /// Seconds of validity.
    pub expire: u64,
    /// A private map key, which the audio and video product uses; see [`UserBuf`].
    pub userbuf: Option<&'a [u8]>,
}

impl NewUserSig<'_> {
    /// Makes the UserSig.
    pub fn make(&self) -> String {
        let userbuf = self.userbuf.map(|bytes| STANDARD.encode(bytes));
        let signed = Signed {
            identifier: self.identifier,
            sdkappid: self.sdkappid.into(),
            time: self.now,
            expire: self.expire,
            userbuf: userbuf.as_deref(),
        };
        let document = NewDocument {
            ver: "2.0",
            identifier: self.identifier,
            sdkappid: self.sdkappid,
            expire: self.expire,
            time: self.now,
            userbuf: userbuf.as_deref(),
            sig: signed.sign(self.key),
        };
        let json = serde_json::to_vec(&document).expect("writing plain structures to memory cannot fail");
        let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        let compressed = std::io::Write::write_all(&mut encoder, &json).and_then(|()| encoder.finish());
        let compressed = compressed.expect("compressing in memory cannot fail");
        STANDARD.encode(compressed).replace('+', "*").replace('/', "-").replace('=', "_")
    }
}

#[derive(Serialize)]
struct NewDocument<'a> {
    #[serde(rename = "TLS.ver")]
    ver: &'static str,
    #[serde(rename = "TLS.identifier")]
    identifier: &'a str,
    #[serde(rename = "TLS.sdkappid")]
    sdkappid: u32,
    #[serde(rename = "TLS.expire")]
    expire: u64,
    #[serde(rename = "TLS.time")]
    time: u64,
    #[serde(rename = "TLS.userbuf", skip_serializing_if = "Option::is_none")]
    userbuf: Option<&'a str>,
    #[serde(rename = "TLS.sig")]
    sig: String,
}

/// A UserSig taken apart. Nothing in it is to be believed before it was verified.
#[derive(Clone, PartialEq, Eq)]
pub struct UserSig {
    /// The user, without control characters.
    pub identifier: String,
    /// The application.
    pub sdkappid: u64,
    /// Unix seconds at which it was made.
    pub time: u64,
    /// Seconds of validity; the sum with `time` does not overflow.
    pub expire: u64,
    /// The private map key in strict Base64, as signed.
    pub userbuf: Option<String>,
    /// The signature in Base64, as sent.
    pub sig: String,
}

/// What a verified UserSig says beyond its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The last Unix second at which it is valid.
    pub expires_at: u64,
}

impl UserSig {
    /// Takes a UserSig apart. An empty one is 70002, one that cannot be read is 70003.
    ///
    /// `TLS.ver` is not looked at, and numbers may be written as strings (decision 75).
    pub fn decode(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Code::UserSigEmpty.into());
        }
        let json = inflate(&decode_text(text)?)?;
        let Ok(document) = serde_json::from_slice::<Document>(&json) else {
            return Err(invalid("UserSig does not hold the expected JSON"));
        };
        if has_control_byte(&document.identifier) {
            return Err(invalid("the identifier inside the UserSig holds control characters"));
        }
        if document.time.0.checked_add(document.expire.0).is_none() {
            return Err(invalid("the expiry of the UserSig is beyond all time"));
        }
        if document.userbuf.as_ref().is_some_and(|userbuf| STANDARD.decode(userbuf).is_err()) {
            return Err(invalid("the userbuf inside the UserSig is not Base64"));
        }
        Ok(Self {
            identifier: document.identifier,
            sdkappid: document.sdkappid.0,
            time: document.time.0,
            expire: document.expire.0,
            userbuf: document.userbuf,
            sig: document.sig,
        })
    }

    /// Checks a UserSig against the caller that the URL names, with any of the application's keys.
    ///
    /// The first that is wrong in this order (decision 62): the identifier (70013), the application (70014), the
    /// expiry (70001), and that there is a key at all (70016) with which the signature is right (70009). An empty
    /// key never verifies. A `time` in the future is accepted (decision 42).
    pub fn verify(
        &self,
        sdkappid: u32,
        identifier: &str,
        keys: &[&[u8]],
        now: u64,
    ) -> Result<Verified, Fault> {
        if self.identifier != identifier {
            return Err(Code::UserSigIdentifier.into());
        }
        if self.sdkappid != u64::from(sdkappid) {
            return Err(Code::UserSigApplication.into());
        }
        let expires_at = self.expires_at();
        if now > expires_at {
            return Err(Code::UserSigExpired.into());
        }
        if keys.is_empty() {
            return Err(Code::NoKey.into());
        }
        let signed = self.signed();
        for key in keys {
            if !key.is_empty() && bool::from(signed.sign(key).as_bytes().ct_eq(self.sig.as_bytes())) {
                return Ok(Verified { expires_at });
            }
        }
        Err(Code::UserSigVerification.into())
    }

    /// The last Unix second at which the UserSig is valid, if its signature is right.
    pub fn expires_at(&self) -> u64 {
        self.time.saturating_add(self.expire)
    }

    fn signed(&self) -> Signed<'_> {
        Signed {
            identifier: &self.identifier,
            sdkappid: self.sdkappid,
            time: self.time,
            expire: self.expire,
            userbuf: self.userbuf.as_deref(),
        }
    }
}

/// Leaves the signature out, since with it the text of a UserSig could be made again from a log.
impl fmt::Debug for UserSig {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("UserSig")
            .field("identifier", &self.identifier)
            .field("sdkappid", &self.sdkappid)
            .field("time", &self.time)
            .field("expire", &self.expire)
            .finish_non_exhaustive()
    }
}

/// What the signature of a UserSig covers.
struct Signed<'a> {
    identifier: &'a str,
    sdkappid: u64,
    time: u64,
    expire: u64,
    userbuf: Option<&'a str>,
}

impl Signed<'_> {
    /// The signature in Base64.
    fn sign(&self, key: &[u8]) -> String {
        let Self { identifier, sdkappid, time, expire, userbuf } = self;
        let mut text = format!(
            "TLS.identifier:{identifier}\nTLS.sdkappid:{sdkappid}\nTLS.time:{time}\nTLS.expire:{expire}\n"
        );
        if let Some(userbuf) = userbuf {
            text.push_str("TLS.userbuf:");
            text.push_str(userbuf);
            text.push('\n');
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

fn invalid(info: &'static str) -> Fault {
    Fault::new(Code::UserSigInvalid, info)
}

/// Undoes the replaced alphabet and Base64.
fn decode_text(text: &str) -> Result<Vec<u8>, Fault> {
    let mut base64 = text.as_bytes().to_vec();
    for byte in &mut base64 {
        match *byte {
            b'*' => *byte = b'+',
            b'-' => *byte = b'/',
            b'_' => *byte = b'=',
            _ => {}
        }
    }
    STANDARD.decode(base64).map_err(|_| invalid("UserSig is not Base64"))
}

/// Undoes zlib, and stops a small text that would become a huge one.
fn inflate(compressed: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut inflated = Vec::new();
    let limit = USER_SIG_INFLATED_BYTES_MAX as u64 + 1;
    if ZlibDecoder::new(compressed).take(limit).read_to_end(&mut inflated).is_err() {
        return Err(invalid("UserSig is not zlib data"));
    }
    if inflated.len() > USER_SIG_INFLATED_BYTES_MAX {
        return Err(invalid("UserSig is longer than 65536 bytes after inflating"));
    }
    Ok(inflated)
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "TLS.identifier")]
    identifier: String,
    #[serde(rename = "TLS.sdkappid")]
    sdkappid: Number,
    #[serde(rename = "TLS.expire")]
    expire: Number,
    #[serde(rename = "TLS.time")]
    time: Number,
    #[serde(rename = "TLS.userbuf")]
    userbuf: Option<String>,
    #[serde(rename = "TLS.sig")]
    sig: String,
}

/// A number, or a string of digits.
struct Number(u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(E::custom("not a number"));
        }
        text.parse().map(Number).map_err(E::custom)
    }
}

/// A private map key: the binary userbuf of the audio and video product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserBuf<'a> {
    /// The application.
    pub sdkappid: u32,
    /// The user.
    pub identifier: &'a str,
    /// The room that may be entered.
    pub room: Room<'a>,
    /// Unix seconds at which the permission ends.
    pub expires_at: u32,
    /// What is permitted; 255 is everything.
    pub privileges: u32,
}

/// A room of the audio and video product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room<'a> {
    /// A room with a number.
    Number(u32),
    /// A room with a name.
    Name(&'a str),
}

impl UserBuf<'_> {
    /// The bytes, in big-endian order; `None` if a name is longer than the 65,535 bytes that the layout can say.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let (version, number, name) = match self.room {
            Room::Number(number) => (0, number, None),
            Room::Name(name) => (1, 0, Some(name)),
        };
        let mut bytes = vec![version];
        bytes.extend(u16::try_from(self.identifier.len()).ok()?.to_be_bytes());
        bytes.extend(self.identifier.as_bytes());
        bytes.extend(self.sdkappid.to_be_bytes());
        bytes.extend(number.to_be_bytes());
        bytes.extend(self.expires_at.to_be_bytes());
        bytes.extend(self.privileges.to_be_bytes());
        bytes.extend(ACCOUNT_TYPE.to_be_bytes());
        if let Some(name) = name {
            bytes.extend(u16::try_from(name.len()).ok()?.to_be_bytes());
            bytes.extend(name.as_bytes());
        }
        Some(bytes)
    }
}

/// The account type in a userbuf, which is always this.
const ACCOUNT_TYPE: u32 = 0;

#[cfg(test)]
mod tests;
