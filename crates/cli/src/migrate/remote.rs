//! Calls to the other service: within the rate, and made again, with growing pauses, where the answer is one of a bad
//! moment. Every call that a migration makes may be repeated: it reads, or it says how something is to be.

use std::time::Duration;

use foldmark_client::{Client, Error, Reply};
use foldmark_server::clock::Clock;
use foldmark_server::random;

use crate::credentials::{read_certificates, read_key};
use crate::failure::Failure;
use crate::migrate::args::MigrateArgs;
use crate::migrate::pace::Pace;

/// How often a call is made, and the longest pauses before the second time and before any; the first one doubles.
/// Together they outlast half a minute.
const TRIES: u32 = 9;
const PAUSE: Duration = Duration::from_millis(300);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// The other service.
pub(super) struct Remote {
    pub(super) client: Client,
    pace: Pace,
}

/// Why a call gave nothing.
#[derive(Debug)]
pub(super) enum RemoteError {
    /// The service said no.
    Refused {
        /// `ErrorCode`.
        code: i32,
        /// `ErrorInfo`.
        info: String,
    },
    /// All tries failed.
    NoAnswer(String),
    /// Every other call would fail in the same way.
    Hopeless(Failure),
}

impl Remote {
    /// Reads the key. Nothing is sent yet.
    pub(super) fn new(args: &MigrateArgs, url: &str) -> Result<Remote, Failure> {
        let key = read_key(&args.key_file)?;
        let mut builder = Client::builder(url, args.sdkappid)
            .key(key.expose())
            .identifier(&args.identifier)
            .timeout(args.timeout)
            // Repeats have to keep to the rate too, so they are made here.
            .retries(0);
        if let Some(pem) = read_certificates(args.ca.as_deref())? {
            builder = builder.root_certificate_pem(pem);
        }
        Ok(Remote { client: builder.build()?, pace: Pace::new(Clock::system(), args.rate) })
    }

    /// Makes the call that `call` starts, again where that may help.
    pub(super) async fn ask<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, RemoteError>
    where
        F: Future<Output = Result<Reply<T>, Error>>,
    {
        self.ask_reply(&mut call).await.map(|reply| reply.value)
    }

    /// The same, with the revision of the answer.
    pub(super) async fn ask_reply<T, F>(&self, mut call: impl FnMut() -> F) -> Result<Reply<T>, RemoteError>
    where
        F: Future<Output = Result<Reply<T>, Error>>,
    {
        let mut longest = PAUSE;
        for attempt in 1.. {
            self.pace.turn().await;
            let error = match call().await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if !is_passing(&error) {
                return Err(for_good(error));
            }
            if attempt == TRIES {
                return Err(RemoteError::NoAnswer(format!("{error}, {TRIES} times")));
            }
            // Between a half and the whole, so that calls that failed together do not come back together.
            let part = random::number() as f64 / u64::MAX as f64;
            tokio::time::sleep(longest / 2 + (longest / 2).mul_f64(part)).await;
            longest = PAUSE_MAX.min(longest * 2);
        }
        unreachable!("the loop ends with the last try")
    }
}

/// Whether the same call may succeed a little later.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Status { status } => status.is_server_error() || matches!(status.as_u16(), 408 | 429),
        Error::Malformed { .. } => true,
        other => other.is_retryable(),
    }
}

fn for_good(error: Error) -> RemoteError {
    match error {
        Error::Refused { code, info, .. } if !is_about_caller(code) => RemoteError::Refused { code, info },
        // Something in between does not like this very request.
        Error::Status { .. } => RemoteError::NoAnswer(error.to_string()),
        other => RemoteError::Hopeless(Failure::failed(format!("the service refuses every call: {other}"))),
    }
}

/// Whether a code is about who calls, and not about what is asked for.
fn is_about_caller(code: i32) -> bool {
    matches!(
        code,
        10_007
            | 50_003
            | 60_002
            | 60_006
            | 60_010
            | 60_012
            | 60_016
            | 60_017
            | 60_020
            | 60_021
            | 60_025..=60_028
            | 70_001..=70_020
            | 70_051
            | 70_403
    )
}

#[cfg(test)]
mod tests {
    use foldmark_wire::Code;

    use super::*;

    #[test]
    fn a_flaky_answer_is_asked_for_again_and_a_refusal_is_not() {
        let refused = |code: Code| Error::Refused {
            code: code.number(),
            known: Some(code),
            info: "why".to_owned(),
            revision: None,
        };
        assert!(is_passing(&refused(Code::CallRate)));
        assert!(is_passing(&Error::Malformed { reason: String::new() }));
        assert!(is_passing(&Error::Timeout { limit: PAUSE }));
        assert!(!is_passing(&refused(Code::NotImported)));
        assert!(matches!(for_good(refused(Code::NotImported)), RemoteError::Refused { code: 50_001, .. }));
        assert!(matches!(for_good(refused(Code::NotAdministrator)), RemoteError::Hopeless(_)));
    }
}
