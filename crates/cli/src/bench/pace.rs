//! The beat of a load with a rate: a thread that hands out turns when requests are due.
//!
//! It is a thread because a sleeping thread wakes within some tens of microseconds, whereas the runtime's timers are
//! a millisecond coarse, which is more than an answer takes; clients measure from the moment that was due in any
//! case. Turns that no client is free to take wait; they are how a stalled server is noticed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use foldmark_server::clock::Clock;
use tokio::sync::Semaphore;

use crate::bench::schedule::Schedule;

/// The longest sleep, so that the thread soon notices that it is to end.
const NAP_MAX: Duration = Duration::from_millis(20);
/// The shortest: above a rate of the inverse, turns are handed out in small lots, for every waking costs the generator.
const NAP_MIN: Duration = Duration::from_micros(50);

/// Turns, handed out by a thread and taken by clients.
pub(super) struct Pace {
    schedule: Schedule,
    clock: Clock,
    start: Duration,
    /// When the last request is due.
    end: Duration,
    turns: Semaphore,
    stopped: AtomicBool,
}

impl Pace {
    /// A pace that begins now.
    pub(super) fn new(schedule: Schedule, end: Duration) -> Pace {
        let clock = Clock::system();
        let start = clock.monotonic();
        Pace { schedule, clock, start, end, turns: Semaphore::new(0), stopped: AtomicBool::new(false) }
    }

    /// Time since the beginning.
    pub(super) fn now(&self) -> Duration {
        self.clock.monotonic().saturating_sub(self.start)
    }

    /// Hands out turns until the end, or until it is stopped.
    pub(super) fn hand_out(&self) {
        let mut handed_out = 0;
        while !self.stopped.load(Ordering::Relaxed) {
            let now = self.now();
            let due = self.schedule.due_before(now.min(self.end));
            self.turns.add_permits((due - handed_out) as usize);
            handed_out = due;
            if now >= self.end {
                return;
            }
            let next = self.schedule.begin(due, now);
            thread::sleep(next.saturating_sub(now).clamp(NAP_MIN, NAP_MAX));
        }
    }

    /// Waits for a turn. `false` if there will be none any more.
    pub(super) async fn take(&self) -> bool {
        match self.schedule {
            Schedule::Closed => !self.turns.is_closed() && self.now() < self.end,
            Schedule::Rate(_) => self.turns.acquire().await.map(|turn| turn.forget()).is_ok(),
        }
    }

    /// Lets nobody begin any more.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.turns.close();
    }
}
