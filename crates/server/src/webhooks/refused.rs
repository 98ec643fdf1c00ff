//! For how long a receiver has not taken one user's changes while it took others': what it is given up by.
//!
//! One failure says nothing about whose fault it is. A receiver that is down, or wants another password, fails for
//! everybody, and has to be waited for; an event that its code stumbles over fails for one user alone, with the same
//! timeouts and the same statuses. What tells them apart is what it does with others at that time. So time counts
//! against a user only between two tries of his that failed, one after the other, with an event in between that was
//! taken. And of one such pause no more than a share counts: most of it may have been an outage.

use std::time::Duration;

/// Pauses that it takes at least until a user is given up.
const PAUSES_AT_LEAST: u32 = 4;

/// Tries of one user that failed at the receiver, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// When the last one did, by the monotonic clock.
    last: Duration,
    /// How many events the receiver had taken by then, of whomever.
    taken: u64,
    /// How much time counts against him.
    lasted: Duration,
}

impl Refused {
    /// A try has failed `now`, after those `before`, when the receiver had taken so many events.
    pub(super) fn again(before: Option<Refused>, now: Duration, taken: u64, give_up: Duration) -> Refused {
        let mut lasted = Duration::ZERO;
        if let Some(before) = before {
            lasted = before.lasted;
            if taken > before.taken {
                lasted += now.saturating_sub(before.last).min(give_up / PAUSES_AT_LEAST);
            }
        }
        Refused { last: now, taken, lasted }
    }

    /// Whether it is given up.
    pub(super) fn is_enough(&self, give_up: Duration) -> bool {
        self.lasted >= give_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const DAY: Duration = Duration::from_secs(86_400);

    /// After how many failed tries it is given up, of these: how long after the one before, and how many events were
    /// taken meanwhile.
    fn given_up_at(tries: impl IntoIterator<Item = (Duration, u64)>) -> Option<usize> {
        let (mut now, mut taken) = (HOUR, 7);
        let mut refused = None;
        for (number, (pause, events)) in tries.into_iter().enumerate() {
            (now, taken) = (now + pause, taken + events);
            let again = Refused::again(refused, now, taken, DAY);
            if again.is_enough(DAY) {
                return Some(number + 1);
            }
            refused = Some(again);
        }
        None
    }

    #[test]
    fn who_is_refused_for_so_long_while_others_are_taken_is_given_up() {
        assert_eq!(given_up_at([(HOUR, 1); 100]), Some(25));
        let often = Duration::from_secs(300);
        assert_eq!(given_up_at([(often, 20); 1_000]), Some(289));
    }

    #[test]
    fn while_nobody_is_taken_no_time_counts() {
        assert_eq!(given_up_at([(HOUR, 0); 1_000]), None);
        let once = [(HOUR, 0), (HOUR, 1)].into_iter().chain([(HOUR, 0); 1_000]);
        assert_eq!(given_up_at(once), None);
    }

    #[test]
    fn an_outage_between_two_tries_counts_for_little() {
        assert_eq!(given_up_at([(HOUR, 0), (30 * DAY, 1), (HOUR, 0), (30 * DAY, 1), (HOUR, 1)]), None);
        assert_eq!(given_up_at([(30 * DAY, 1); 10]), Some(5));
    }
}
