//! The refusal of a whole call.
//!
//! A fault always names one documented code, and its text is written for the person who reads the caller's log:
//! it names the field with its path and the limit that was missed, and never repeats content of the request.

use std::borrow::Cow;
use std::fmt;

use crate::code::Code;

/// A documented "no" to a whole call: a code and a text for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The documented code, sent as `ErrorCode`.
    pub code: Code,
    /// The reason, sent as `ErrorInfo`. Clients show it and never compare it.
    pub info: Cow<'static, str>,
}

impl Fault {
    /// A fault with a text of its own.
    pub fn new(code: Code, info: impl Into<Cow<'static, str>>) -> Self {
        Self { code, info: info.into() }
    }
}

/// A fault with the default text of its code.
impl From<Code> for Fault {
    fn from(code: Code) -> Self {
        Self { code, info: Cow::Borrowed(code.text()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.info, self.code.number())
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_text_and_number() {
        let own = Fault::new(Code::Parameter, "StartIndex must be an integer");
        assert_eq!(own.to_string(), "StartIndex must be an integer (50002)");
        let default = Fault::from(Code::NoSuchContactGroup);
        assert_eq!(default.info, Code::NoSuchContactGroup.text());
    }
}
