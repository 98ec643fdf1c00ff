//! The users whom a deliverer knows to be waiting: whose turn it is, who is under way, and who has to wait for longer
//! because telling him has failed. At most [`limits::WEBHOOK_USERS`], and some with whom something is wrong; the others
//! wait in the store alone.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::refused::Refused;
use crate::limits;
use crate::random;

/// Users who wait.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    users: HashMap<Arc<str>, One>,
    /// Those who are not under way and with whom nothing is wrong, by when it is their turn: they go first.
    well: BTreeSet<(Duration, Arc<str>)>,
    /// The others who are not under way.
    failing: BTreeSet<(Duration, Arc<str>)>,
}

#[derive(Debug, Default)]
struct One {
    /// Tries that failed one after the other.
    failures: u32,
    /// Those of them that failed at the receiver.
    refused: Option<Refused>,
    turn: Duration,
    is_under_way: bool,
    /// He was changed while he was under way.
    again: bool,
}

/// Somebody whose turn it is.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) user: Arc<str>,
    /// Tries of his that failed at the receiver.
    pub(super) refused: Option<Refused>,
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.users.len()
    }

    /// Whether nobody more can be taken. Those who fail have room of their own, so that they keep nobody else out.
    pub(super) fn is_full(&self) -> bool {
        self.users.len() - self.failing.len() >= limits::WEBHOOK_USERS
    }

    /// Enters a user of whom something is due, unless he is there. Says no if there is no room: he is found again later.
    pub(super) fn add(&mut self, user: &str, now: Duration) -> bool {
        if self.users.contains_key(user) {
            return true;
        }
        if self.is_full() {
            return false;
        }
        let user: Arc<str> = user.into();
        self.well.insert((now, Arc::clone(&user)));
        self.users.insert(user, One { turn: now, ..One::default() });
        true
    }

    /// As [`Waiting::add`], for a user who was changed just now.
    pub(super) fn changed(&mut self, user: &str, now: Duration) -> bool {
        let Some(one) = self.users.get_mut(user) else { return self.add(user, now) };
        one.again |= one.is_under_way;
        if !one.is_under_way && one.failures > 0 && one.refused.is_none() {
            // What was not there yet may be there now.
            let user: Arc<str> = user.into();
            self.failing.remove(&(one.turn, Arc::clone(&user)));
            one.turn = now;
            self.failing.insert((now, user));
        }
        true
    }

    /// Takes the next user whose turn has come.
    pub(super) fn next(&mut self, now: Duration) -> Option<Turn> {
        let turns = [&mut self.well, &mut self.failing].into_iter();
        let turns = turns.filter(|turns| turns.first().is_some_and(|(turn, _)| *turn <= now));
        let (_, user) = turns.into_iter().next()?.pop_first()?;
        let one = self.users.get_mut(&user)?;
        one.is_under_way = true;
        Some(Turn { user, refused: one.refused })
    }

    /// When the next turn comes.
    pub(super) fn next_turn(&self) -> Option<Duration> {
        let turns = [&self.well, &self.failing].into_iter();
        turns.filter_map(|turns| turns.first().map(|(turn, _)| *turn)).min()
    }

    /// Everything of this user is told, or set aside.
    pub(super) fn settled(&mut self, user: &Arc<str>, now: Duration) {
        let Some(one) = self.users.get_mut(user) else { return };
        if one.again {
            *one = One { turn: now, ..One::default() };
            self.well.insert((now, Arc::clone(user)));
        } else {
            self.users.remove(user);
        }
    }

    /// All that was due of this user, who is under way, was told; whatever failed before is over.
    pub(super) fn begin_anew(&mut self, user: &str) {
        if let Some(one) = self.users.get_mut(user) {
            (one.failures, one.refused) = (0, None);
        }
    }

    /// Telling this user has failed at the receiver; he is tried again later, and later each time.
    pub(super) fn failed(&mut self, user: &Arc<str>, now: Duration, refused: Refused) {
        if let Some(one) = self.users.get_mut(user) {
            one.refused = Some(refused);
        }
        self.later(user, now);
    }

    /// This user could not be told, which is no fault of the receiver's; he is tried again later, and later each time.
    pub(super) fn later(&mut self, user: &Arc<str>, now: Duration) {
        self.put_off(user, now, limits::WEBHOOK_RETRY_MAX);
    }

    /// What is due of this user has not happened. It may at any time, by another server that says nothing of it, so that
    /// he is looked at again within seconds, unless there are many like him.
    pub(super) fn not_yet(&mut self, user: &Arc<str>, now: Duration) {
        if self.users.get(user).is_some_and(|one| one.again) {
            // It has happened since it was looked.
            return self.put_back(user, now);
        }
        let others = u32::try_from(self.failing.len()).unwrap_or(u32::MAX);
        let each = limits::WEBHOOK_NOT_YET_EACH.saturating_mul(others);
        self.put_off(user, now, limits::WEBHOOK_NOT_YET.max(each).min(limits::WEBHOOK_RETRY_MAX));
    }

    fn put_off(&mut self, user: &Arc<str>, now: Duration, most: Duration) {
        let Some(one) = self.users.get_mut(user) else { return };
        if self.failing.len() >= limits::WEBHOOK_FAILING_USERS {
            // He is found in the store again.
            self.users.remove(user);
            return;
        }
        one.failures = one.failures.saturating_add(1);
        one.turn = now + back_off(one.failures, most);
        one.is_under_way = false;
        one.again = false;
        self.failing.insert((one.turn, Arc::clone(user)));
    }

    /// This user's turn ended before anything was known of it; it comes again at once.
    pub(super) fn put_back(&mut self, user: &Arc<str>, now: Duration) {
        let Some(one) = self.users.get_mut(user) else { return };
        (one.turn, one.is_under_way, one.again) = (now, false, false);
        let turns = if one.failures > 0 { &mut self.failing } else { &mut self.well };
        turns.insert((now, Arc::clone(user)));
    }

    /// Forgets all but those who are under way: somebody else looks after them.
    pub(super) fn forget(&mut self) {
        self.users.retain(|_, one| one.is_under_way);
        self.well.clear();
        self.failing.clear();
    }
}

/// How long to wait after so many failures: twice as long each time, up to `most`, and never quite the same for two.
pub(super) fn back_off(failures: u32, most: Duration) -> Duration {
    let doubled = limits::WEBHOOK_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let longest = doubled.min(most);
    let share = (random::number() % 501) as u32;
    longest * (1_000 - share) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn names(waiting: &mut Waiting, now: Duration) -> Vec<String> {
        std::iter::from_fn(|| waiting.next(now)).map(|turn| turn.user.to_string()).collect()
    }

    #[test]
    fn nobody_is_under_way_twice() {
        let mut waiting = Waiting::default();
        assert!(waiting.add("a", START) && waiting.add("a", START) && waiting.add("b", START));
        assert_eq!(names(&mut waiting, START), ["a", "b"]);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        waiting.changed("a", START);
        waiting.add("b", START);
        assert_eq!(names(&mut waiting, START), [""; 0]);
        waiting.settled(&a, START);
        waiting.settled(&b, START);
        assert_eq!(names(&mut waiting, START), ["a"], "he was changed while he was under way");
        waiting.settled(&a, START);
        assert_eq!(waiting.len(), 0);
    }

    #[test]
    fn who_fails_waits_for_longer_each_time_and_remembers_since_when() {
        let mut waiting = Waiting::default();
        let user: Arc<str> = "a".into();
        waiting.add("a", START);
        let mut now = START;
        let refused = Refused::again(None, START, 0, START);
        for failures in 1..=12 {
            assert_eq!(waiting.next(now).unwrap().refused, (failures > 1).then_some(refused));
            waiting.failed(&user, now, refused);
            assert!(waiting.next(now).is_none());
            let pause = waiting.next_turn().unwrap() - now;
            let longest =
                limits::WEBHOOK_RETRY.saturating_mul(1 << (failures - 1)).min(limits::WEBHOOK_RETRY_MAX);
            assert!(pause <= longest && pause >= longest.mul_f32(0.49), "{failures}: {pause:?}");
            now += pause;
        }
        waiting.next(now).unwrap();
        waiting.settled(&user, now);
        assert_eq!(waiting.len(), 0);
    }

    #[test]
    fn who_fails_keeps_nobody_waiting() {
        let mut waiting = Waiting::default();
        for number in 0..limits::WEBHOOK_USERS {
            let user: Arc<str> = format!("failing-{number}").into();
            assert!(waiting.add(&user, START));
            waiting.next(START).unwrap();
            waiting.failed(&user, START, Refused::again(None, START, 0, START));
        }
        let later = START + limits::WEBHOOK_RETRY_MAX;
        assert!(waiting.add("well", later), "those who fail have room of their own");
        assert_eq!(&*waiting.next(later).unwrap().user, "well", "though others' turns came before");
        waiting.forget();
        assert_eq!(waiting.len(), 1, "who is under way");
    }

    #[test]
    fn who_was_not_there_yet_is_tried_again_when_there_is_news() {
        let mut waiting = Waiting::default();
        let user: Arc<str> = "a".into();
        waiting.add("a", START);
        waiting.next(START).unwrap();
        waiting.later(&user, START);
        waiting.add("a", START);
        assert!(waiting.next(START).is_none(), "that he is found again is no news");
        waiting.changed("a", START);
        assert_eq!(waiting.next(START).unwrap().refused, None);
        waiting.failed(&user, START, Refused::again(None, START, 0, START));
        waiting.changed("a", START);
        assert!(waiting.next(START).is_none(), "whom the receiver refuses has to wait");
    }

    #[test]
    fn who_was_not_there_yet_is_looked_at_again_within_seconds_unless_there_are_many() {
        let mut waiting = Waiting::default();
        let user: Arc<str> = "a".into();
        waiting.add("a", START);
        let mut now = START;
        for number in 0..20 {
            waiting.next(now).unwrap();
            waiting.not_yet(&user, now);
            let pause = waiting.next_turn().unwrap() - now;
            assert!(!pause.is_zero() && pause <= limits::WEBHOOK_NOT_YET, "{number}: {pause:?}");
            now += pause;
        }
        waiting.next(now).unwrap();
        waiting.changed("a", now);
        waiting.not_yet(&user, now);
        assert!(waiting.next(now).is_some(), "it came while he was under way");

        waiting.not_yet(&user, now);
        let many = limits::WEBHOOK_NOT_YET.as_millis() / limits::WEBHOOK_NOT_YET_EACH.as_millis();
        for number in 0..10 * many {
            assert!(waiting.add(&number.to_string(), now));
        }
        for _ in 0..10 {
            now += limits::WEBHOOK_RETRY_MAX;
            let turns: Vec<Turn> = std::iter::from_fn(|| waiting.next(now)).collect();
            turns.iter().for_each(|turn| waiting.not_yet(&turn.user, now));
        }
        let last = waiting.failing.last().unwrap().0 - now;
        assert!(last > 4 * limits::WEBHOOK_NOT_YET && last < limits::WEBHOOK_RETRY_MAX, "{last:?}");
    }

    #[test]
    fn who_was_told_in_between_begins_anew() {
        let mut waiting = Waiting::default();
        let user: Arc<str> = "a".into();
        waiting.add("a", START);
        let later = START + limits::WEBHOOK_RETRY_MAX;
        for _ in 0..20 {
            waiting.next(later).unwrap();
            waiting.failed(&user, START, Refused::again(None, START, 0, START));
            waiting.put_back(&user, later);
        }
        assert!(waiting.next(later).unwrap().refused.is_some());
        waiting.begin_anew("a");
        waiting.not_yet(&user, later);
        assert!(waiting.next_turn().unwrap() <= later + limits::WEBHOOK_RETRY);
        assert_eq!(waiting.next(later + limits::WEBHOOK_RETRY).unwrap().refused, None);
    }

    #[test]
    fn there_is_room_for_so_many() {
        let mut waiting = Waiting::default();
        for number in 0..limits::WEBHOOK_USERS {
            assert!(waiting.add(&number.to_string(), START));
        }
        assert!(!waiting.add("one more", START));
        assert!(waiting.add("7", START), "who is there already needs no room");
    }
}
