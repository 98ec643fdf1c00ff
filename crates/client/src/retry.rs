//! When a call is made again, and after which pause. The table in the crate's documentation is this file.

use std::time::Duration;

use foldmark_wire::{CallName, Code};

use crate::error::Error;

/// The longest pause before the first repeat; it doubles with each.
const PAUSE: Duration = Duration::from_millis(100);
/// The same after a refused rate. Rates are counted by the second, which the usual three repeats have to outlast.
const PAUSE_FOR_RATE: Duration = Duration::from_millis(500);
/// The longest pause before any repeat.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Whether `call` may be made again after `error`. One that has a key is carried out once.
pub(crate) fn is_repeated(call: CallName, has_key: bool, error: &Error) -> bool {
    // A minute's pause is asked for, which is longer than a caller of this client would expect to wait.
    if error.code() == Some(Code::TooManyFailures) {
        return false;
    }
    error.is_retryable() && (has_key || call.only_reads() || !error.is_outcome_unknown())
}

/// How long to wait before the repeat number `repeat`, which counts from 1. `chance` is a random number.
pub(crate) fn pause(error: &Error, repeat: u32, chance: u32) -> Duration {
    let first = match error.code() {
        Some(Code::CallRate) => PAUSE_FOR_RATE,
        _ => PAUSE,
    };
    let doubled = first.saturating_mul(2_u32.saturating_pow(repeat.saturating_sub(1)));
    let longest = doubled.min(PAUSE_MAX);
    // Between a half and the whole, so that clients that failed together do not come back together.
    longest / 2 + (longest / 2).mul_f64(f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn refused(code: Code) -> Error {
        Error::Refused { code: code.number(), known: Some(code), info: String::new(), revision: None }
    }

    #[test]
    fn the_table_of_the_documentation() {
        for (error, read, write) in [
            (Error::Connect { reason: String::new() }, true, true),
            (Error::Tls { reason: String::new() }, false, false),
            (refused(Code::CallRate), true, true),
            (refused(Code::Internal), true, false),
            (refused(Code::TimedOut), true, false),
            (refused(Code::BackendTimedOut), true, false),
            (Error::Transport { reason: String::new() }, true, false),
            (Error::Timeout { limit: PAUSE }, true, false),
            (Error::Status { status: StatusCode::BAD_GATEWAY }, true, false),
            (Error::Status { status: StatusCode::FORBIDDEN }, false, false),
            (refused(Code::TooManyFailures), false, false),
            (refused(Code::Parameter), false, false),
            (Error::Malformed { reason: String::new() }, false, false),
        ] {
            assert_eq!(is_repeated(CallName::SearchContactGroup, false, &error), read, "{error:?}");
            assert_eq!(is_repeated(CallName::DelContactGroup, false, &error), write, "{error:?}");
            assert_eq!(is_repeated(CallName::DelContactGroup, true, &error), read, "{error:?}");
        }
    }

    #[test]
    fn pauses_double_and_are_bounded() {
        let pause = |repeat, chance| pause(&refused(Code::Internal), repeat, chance).as_millis();
        assert_eq!((pause(1, 0), pause(1, u32::MAX)), (50, 100));
        assert_eq!((pause(3, 0), pause(3, u32::MAX)), (200, 400));
        assert_eq!((pause(u32::MAX, 0), pause(u32::MAX, u32::MAX)), (500, 1_000));
    }

    #[test]
    fn three_repeats_outlast_a_second() {
        let waited: Duration = (1..=3).map(|repeat| pause(&refused(Code::CallRate), repeat, 0)).sum();
        assert!(waited > Duration::from_secs(1), "{waited:?}");
    }
}
