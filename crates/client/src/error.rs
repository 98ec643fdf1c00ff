//! Why a call failed, and what that tells the caller to do.

use std::time::Duration;

use foldmark_wire::Code;
use foldmark_wire::reply::ReplyError;
use http::StatusCode;
use thiserror::Error;

/// Why a call failed.
///
/// Two questions matter to who gets one: may the same call succeed later ([`Error::is_retryable`]), and is it certain that
/// nothing was changed ([`Error::is_outcome_unknown`])? The client has already repeated what is safe to repeat, as
/// [the crate's documentation](crate#what-is-repeated) says.
///
/// ```
/// use foldmark_client::{Client, Code, Contact, Error, MarkItem};
///
/// async fn star(client: &Client, user: &str, peer: &str) -> Result<(), Error> {
///     match client.mark_contact(user, &[MarkItem::setting(Contact::user(peer), 1)]).await {
///         Ok(_) => Ok(()),
///         // The documented codes have names.
///         Err(error) if error.code() == Some(Code::NotImported) => {
///             client.account_import(user).await?;
///             Ok(())
///         }
///         // Look what is there before doing it again.
///         Err(error) if error.is_outcome_unknown() => Err(error),
///         // Nothing was changed: an outer loop may do it again later.
///         Err(error) if error.is_retryable() => Err(error),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// The server said no.
    #[error("{info} ({code})")]
    Refused {
        /// `ErrorCode` as sent.
        code: i32,
        /// The same code, if it is a documented one.
        known: Option<Code>,
        /// `ErrorInfo` as sent; for people.
        info: String,
        /// The revision of the user that the refusal depends on, if the server names one.
        revision: Option<u64>,
    },
    /// No connection to the server could be made; nothing was sent.
    #[error("cannot connect: {reason}")]
    Connect {
        /// The chain of causes.
        reason: String,
    },
    /// The server's certificate is not trusted, or the two do not agree on how to encrypt; nothing was sent.
    #[error("cannot connect securely: {reason}")]
    Tls {
        /// The chain of causes.
        reason: String,
    },
    /// The connection broke, or did not speak HTTP. The call may or may not have been carried out.
    #[error("the connection failed: {reason}")]
    Transport {
        /// The chain of causes.
        reason: String,
    },
    /// No whole answer came within the client's limit. The call may or may not have been carried out.
    #[error("no answer within {} ms", limit.as_millis())]
    Timeout {
        /// The limit: [`Builder::timeout`](crate::Builder::timeout), or what was left of
        /// [`Builder::deadline`](crate::Builder::deadline).
        limit: Duration,
    },
    /// An HTTP status other than 200, which the server itself never sends. The call may or may not have been carried
    /// out.
    #[error("the answer has the HTTP status {status}")]
    Status {
        /// The status.
        status: StatusCode,
    },
    /// The answer cannot be understood. The call may have been carried out.
    #[error("the answer cannot be understood: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The address given to the builder is not one of a server.
    #[error("{url}: {reason}")]
    InvalidUrl {
        /// The address as given.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The client cannot be built from what the builder was given.
    #[error("{0}")]
    Configuration(String),
    /// The call was made where it cannot be: the asynchronous client outside of a Tokio runtime, or the blocking one
    /// inside of one. Nothing was sent.
    #[error("{reason}")]
    Runtime {
        /// What to do about it.
        reason: &'static str,
    },
}

impl Error {
    /// Whether the same call may succeed when it is made again a little later. Whether that is safe is another
    /// question: see [`Error::is_outcome_unknown`].
    ///
    /// ```
    /// use foldmark_client::Error;
    ///
    /// assert!(Error::Connect { reason: "refused".into() }.is_retryable());
    /// assert!(!Error::Malformed { reason: "no JSON".into() }.is_retryable());
    /// ```
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Refused { known, .. } => known.is_some_and(Code::is_retryable),
            Self::Connect { .. } | Self::Transport { .. } | Self::Timeout { .. } => true,
            Self::Status { status } => matches!(status.as_u16(), 502..=504),
            Self::Tls { .. }
            | Self::Malformed { .. }
            | Self::InvalidUrl { .. }
            | Self::Configuration(_)
            | Self::Runtime { .. } => false,
        }
    }

    /// Whether a call that writes may have been carried out although it failed. `false` is a promise: nothing was
    /// changed. `true` is not: read what is there before making the call again. After a call that only reads it means
    /// nothing.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use foldmark_client::Error;
    ///
    /// assert!(Error::Timeout { limit: Duration::from_secs(5) }.is_outcome_unknown());
    /// assert!(!Error::Connect { reason: "refused".into() }.is_outcome_unknown());
    /// ```
    pub fn is_outcome_unknown(&self) -> bool {
        match self {
            Self::Refused { known, .. } => !known.is_some_and(Code::has_no_side_effects),
            Self::Transport { .. } | Self::Timeout { .. } | Self::Status { .. } | Self::Malformed { .. } => {
                true
            }
            Self::Connect { .. }
            | Self::Tls { .. }
            | Self::InvalidUrl { .. }
            | Self::Configuration(_)
            | Self::Runtime { .. } => false,
        }
    }

    /// The documented code of a refusal.
    ///
    /// ```
    /// use foldmark_client::{Client, Code};
    ///
    /// # async fn example(client: Client) -> Result<(), foldmark_client::Error> {
    /// match client.delete_contact_group("user_0001", "work").await {
    ///     Err(error) if error.code() == Some(Code::NoSuchContactGroup) => {} // It was gone already.
    ///     other => drop(other?),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { known, .. } => *known,
            _ => None,
        }
    }

    /// The name of the kind of failure, for logs.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Transport { .. } => "transport",
            Self::Timeout { .. } => "timeout",
            Self::Status { .. } => "status",
            Self::Malformed { .. } => "malformed",
            Self::InvalidUrl { .. } => "invalid_url",
            Self::Configuration(_) => "configuration",
            Self::Runtime { .. } => "runtime",
        }
    }

    pub(crate) fn from_reply(error: ReplyError, revision: Option<u64>) -> Self {
        match error {
            ReplyError::Refused { code, code_known, info } => {
                Self::Refused { code, known: code_known, info, revision }
            }
            ReplyError::Malformed(error) => Self::Malformed { reason: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: Code) -> Error {
        Error::Refused { code: code.number(), known: Some(code), info: String::new(), revision: None }
    }

    #[test]
    fn failures_say_what_to_do() {
        let reason = String::new;
        for (error, retryable, unknown) in [
            (refused(Code::CallRate), true, false),
            (refused(Code::TimedOut), true, true),
            (refused(Code::NoSuchContactGroup), false, false),
            (Error::Refused { code: 1, known: None, info: reason(), revision: None }, false, true),
            (Error::Connect { reason: reason() }, true, false),
            (Error::Tls { reason: reason() }, false, false),
            (Error::Transport { reason: reason() }, true, true),
            (Error::Timeout { limit: Duration::from_secs(1) }, true, true),
            (Error::Status { status: StatusCode::BAD_GATEWAY }, true, true),
            (Error::Status { status: StatusCode::NOT_FOUND }, false, true),
            (Error::Malformed { reason: reason() }, false, true),
            (Error::Runtime { reason: "" }, false, false),
        ] {
            assert_eq!((error.is_retryable(), error.is_outcome_unknown()), (retryable, unknown), "{error:?}");
        }
    }
}
