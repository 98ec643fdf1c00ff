//! How often tokens may be guessed: a few times a minute from one address, and somewhat more often from all together.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::limits;

/// Counts wrong tokens.
#[derive(Debug)]
pub(super) struct Throttle {
    clock: Clock,
    counted: Mutex<Counted>,
}

/// What was counted since the window began.
#[derive(Debug, Default)]
struct Counted {
    since: Duration,
    by_address: HashMap<IpAddr, u32>,
    all: u32,
}

const WINDOW: Duration = Duration::from_secs(60);

impl Throttle {
    pub(super) fn new(clock: Clock) -> Throttle {
        let counted = Counted { since: clock.monotonic(), ..Counted::default() };
        Throttle { clock, counted: Mutex::new(counted) }
    }

    /// Says that one may be tried from this address, or in how many seconds. One that is tried is counted as wrong until
    /// [`Throttle::was_right`], so that many at once gain nothing.
    pub(super) fn admit(&self, address: IpAddr) -> Result<(), u64> {
        let now = self.clock.monotonic();
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now.saturating_sub(counted.since);
        if age >= WINDOW {
            *counted = Counted { since: now, ..Counted::default() };
        }
        let wait = (WINDOW.saturating_sub(age)).as_secs() + 1;
        if counted.all >= limits::WRONG_TOKENS {
            return Err(wait);
        }
        let of_address = counted.by_address.entry(address).or_default();
        if *of_address >= limits::WRONG_TOKENS_OF_ADDRESS {
            return Err(wait);
        }
        *of_address += 1;
        counted.all += 1;
        Ok(())
    }

    /// The token that was tried from this address is one of ours.
    pub(super) fn was_right(&self, address: IpAddr) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.by_address.remove(&address).is_some() {
            counted.all = counted.all.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[test]
    fn guesses_are_counted_by_address_and_together() {
        let clock = Clock::manual(1_700_000_000);
        let throttle = Throttle::new(clock.clone());
        for _ in 0..limits::WRONG_TOKENS_OF_ADDRESS {
            assert_eq!(throttle.admit(address(1)), Ok(()));
        }
        assert!(throttle.admit(address(1)).is_err());
        assert_eq!(throttle.admit(address(2)), Ok(()), "others are not held off");
        let mut admitted = limits::WRONG_TOKENS_OF_ADDRESS + 1;
        for number in 3..=255 {
            admitted += u32::from(throttle.admit(address(number)).is_ok());
        }
        assert_eq!(admitted, limits::WRONG_TOKENS, "but many addresses gain little");
        clock.advance(WINDOW);
        assert_eq!(throttle.admit(address(1)), Ok(()));
    }

    #[test]
    fn right_tokens_do_not_count() {
        let throttle = Throttle::new(Clock::manual(1_700_000_000));
        for _ in 0..=limits::WRONG_TOKENS {
            assert_eq!(throttle.admit(address(1)), Ok(()));
            throttle.was_right(address(1));
        }
    }
}
