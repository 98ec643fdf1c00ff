//! How the webhooks of one application go, for operators.

/// Counts and dates since the server was started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// Whether this server is the one that delivers.
    pub(crate) leads: bool,
    /// Users whom it knows to be waiting.
    pub(crate) waiting: usize,
    /// Events that the receiver has taken.
    pub(crate) delivered: u64,
    /// Requests that it has not taken.
    pub(crate) failed: u64,
    /// Users whose changes could not be told for so long that it was given up.
    pub(crate) given_up: u64,
    /// Users with dead letters, as of the last look.
    pub(crate) dead: u64,
    /// Unix seconds of the last success.
    pub(crate) last_delivery: Option<u64>,
    /// Unix seconds of the last failure, and what it was.
    pub(crate) last_failure: Option<(u64, String)>,
    /// Unix seconds since which the receiver takes nothing at all, if it is not about one user alone.
    pub(crate) failing_since: Option<u64>,
    /// The first request that was not taken since the last one that was: Unix seconds, and about whom.
    pub(super) first_failure: Option<(u64, Box<str>)>,
}

/// How the webhooks of all applications go, as far as this server delivers them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Counts since the server was started, as [`Status`] has them.
    pub(crate) delivered: u64,
    pub(crate) failed: u64,
    pub(crate) given_up: u64,
    /// Users who wait.
    pub(crate) waiting: u64,
    /// Users with dead letters.
    pub(crate) dead: u64,
    /// Applications whose receiver takes nothing, and for how long the first of them has not.
    pub(crate) receivers_failing: u64,
    pub(crate) failing_seconds: u64,
}

impl Summary {
    /// Adds an application. What only is, and not was, counts if this server delivers to it now.
    pub(super) fn add(&mut self, status: &Status, has_receiver: bool, now: u64) {
        self.delivered += status.delivered;
        self.failed += status.failed;
        self.given_up += status.given_up;
        if !status.leads || !has_receiver {
            return;
        }
        self.waiting += status.waiting as u64;
        self.dead += status.dead;
        if let Some(since) = status.failing_since {
            self.receivers_failing += 1;
            self.failing_seconds = self.failing_seconds.max(now.saturating_sub(since));
        }
    }
}

impl Status {
    /// The receiver has taken an event.
    pub(super) fn succeeded(&mut self, now: u64) {
        self.delivered += 1;
        self.last_delivery = Some(now);
        (self.failing_since, self.first_failure) = (None, None);
    }

    /// An event about `user` was not taken. What is refused of one user says nothing about the receiver; that it takes
    /// nobody's does.
    pub(super) fn failed(&mut self, user: &str, note: &str, is_receiver: bool, now: u64) {
        self.failed += 1;
        self.last_failure = Some((now, note.to_owned()));
        let (since, of) = self.first_failure.get_or_insert_with(|| (now, user.into()));
        if is_receiver || **of != *user {
            self.failing_since = Some(*since);
        }
    }

    /// A user was given up, which is done only while others are taken.
    pub(super) fn gave_up(&mut self, note: &str, now: u64) {
        self.failed += 1;
        self.given_up += 1;
        self.dead += 1;
        self.last_failure = Some((now, note.to_owned()));
        (self.failing_since, self.first_failure) = (None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_deliver_now_is_told_by_them() {
        let status = Status {
            leads: true,
            waiting: 2,
            delivered: 3,
            failed: 4,
            given_up: 5,
            dead: 6,
            failing_since: Some(70),
            ..Status::default()
        };
        let mut all = Summary::default();
        all.add(&status, true, 100);
        all.add(&Status { failing_since: Some(90), ..status.clone() }, true, 100);
        assert_eq!((all.waiting, all.dead, all.receivers_failing, all.failing_seconds), (4, 12, 2, 30));
        all.add(&Status { leads: false, ..status.clone() }, true, 100);
        all.add(&status, false, 100);
        assert_eq!((all.waiting, all.dead, all.receivers_failing, all.failing_seconds), (4, 12, 2, 30));
        assert_eq!((all.delivered, all.failed, all.given_up), (12, 16, 20));
    }

    #[test]
    fn a_receiver_takes_nothing_if_it_says_so_or_refuses_several_users_until_it_takes_something() {
        let mut status = Status::default();
        status.failed("a", "not this", false, 1);
        status.failed("a", "not this", false, 2);
        assert_eq!(status.failing_since, None, "it may be about him");
        status.failed("b", "not this", false, 3);
        assert_eq!(status.failing_since, Some(1));
        status.failed("a", "not this", false, 4);
        assert_eq!(status.failing_since, Some(1));
        status.succeeded(5);
        assert_eq!(status.failing_since, None);

        status.failed("a", "no", true, 6);
        status.failed("a", "no", true, 7);
        status.failed("a", "not this", false, 8);
        assert_eq!(status.failing_since, Some(6), "that it answers is not that it takes anything");
        status.gave_up("no", 9);
        assert_eq!((status.failing_since, status.delivered, status.failed), (None, 1, 8));
    }
}
