//! Who is given up: somebody whose changes are not taken while others' are, and nobody else, whatever the receiver is like.

use std::time::Duration;

use http::StatusCode;
use tokio::time::timeout;

use super::{PATIENCE, Setting};
use crate::testing::put;
use crate::webhooks::status::Status;

const HOUR: Duration = Duration::from_secs(3_600);

/// How many hours pass in which nobody may be given up: more than the day after which it may be done.
const HOURS: u64 = 60;

#[tokio::test]
async fn an_outage_makes_no_dead_letters_however_long_it_is_nor_one_failure_after_it() {
    let mut setting = of_users(&["ann", "bob"]).await;
    // The receiver dies within a second: ann's is still taken.
    setting.answer("ann", StatusCode::NO_CONTENT, "bob", StatusCode::SERVICE_UNAVAILABLE).await;
    setting.has_failed(1).await;
    for number in 2..=HOURS {
        setting.hour();
        setting.answer_next("bob", StatusCode::BAD_GATEWAY).await;
        setting.has_failed(number).await;
    }
    assert!(setting.status().failing_since.is_some());
    // It is back, takes another user's, and fails once more.
    put(&setting.gate, "carl", true, 1).await;
    setting.hour();
    setting.answer_next("carl", StatusCode::NO_CONTENT).await;
    setting.answer_next("bob", StatusCode::SERVICE_UNAVAILABLE).await;
    setting.has_failed(HOURS + 1).await;
    setting.hour();
    setting.answer_next("bob", StatusCode::NO_CONTENT).await;
    setting.end_of_it().await;
}

#[tokio::test]
async fn a_receiver_that_refuses_everybody_is_waited_for() {
    let mut setting = of_users(&["ann", "bob"]).await;
    setting.answer("ann", StatusCode::NO_CONTENT, "bob", StatusCode::UNAUTHORIZED).await;
    setting.has_failed(1).await;
    put(&setting.gate, "carl", true, 1).await;
    setting.hour();
    setting.answer("carl", StatusCode::NOT_FOUND, "bob", StatusCode::UNAUTHORIZED).await;
    setting.has_failed(3).await;
    for number in 2..=HOURS {
        setting.hour();
        setting.answer("carl", StatusCode::UNAUTHORIZED, "bob", StatusCode::FOUND).await;
        setting.has_failed(1 + 2 * number).await;
    }
    assert!(setting.status().failing_since.is_some(), "operators are told");
    setting.hour();
    setting.answer("carl", StatusCode::NO_CONTENT, "bob", StatusCode::NO_CONTENT).await;
    setting.end_of_it().await;
}

#[tokio::test]
async fn an_event_that_the_receiver_stumbles_over_becomes_a_dead_letter_while_it_takes_others() {
    for status in [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::SERVICE_UNAVAILABLE] {
        let mut setting = of_users(&["ann", "bob"]).await;
        setting.answer("ann", StatusCode::NO_CONTENT, "bob", status).await;
        setting.has_failed(1).await;
        for hour in 1..=24 {
            assert!(!setting.due_of("bob").await.unwrap().is_set_aside(), "after {hour} hours");
            let other = format!("other-{hour}");
            put(&setting.gate, &other, true, 1).await;
            setting.hour();
            setting.answer(&other, StatusCode::NO_CONTENT, "bob", status).await;
            setting.has_failed(1 + hour).await;
        }
        assert!(setting.due_of("bob").await.unwrap().is_set_aside(), "after a day, with {status}");
        let after = setting.status();
        assert_eq!((after.given_up, after.delivered, after.failing_since), (1, 25, None));
        assert!(setting.tasks.stop(PATIENCE).await);
    }
}

/// A server that delivers alone, with these users, of whom everything is due.
async fn of_users(users: &[&str]) -> Setting {
    let setting = Setting::with_lease_of(Duration::MAX).await;
    for user in users {
        put(&setting.gate, user, true, 1).await;
    }
    setting.deliver();
    setting
}

impl Setting {
    /// An hour passes, so that it is everybody's turn.
    fn hour(&self) {
        self.clock.advance(HOUR);
        self.deliverer.mailbox.look();
    }

    /// Answers the next request, which is about this user.
    async fn answer_next(&mut self, user: &str, status: StatusCode) {
        let asked = self.request().await;
        assert_eq!(asked.user, user);
        asked.answer.send(status).unwrap();
    }

    /// Answers requests about two users, that about the second one when the first one's was answered and, if that was so,
    /// taken. They may come at once, or this one only after the other.
    async fn answer(&mut self, first: &str, answer: StatusCode, second: &str, then: StatusCode) {
        let before = self.status().delivered;
        let mut waiting = None;
        let mut asked = self.request().await;
        if asked.user == second {
            waiting = Some(asked);
            asked = self.request().await;
        }
        assert_eq!(asked.user, first);
        asked.answer.send(answer).unwrap();
        if answer.is_success() {
            self.is("taken", |status| status.delivered > before).await;
        }
        let asked = match waiting {
            Some(asked) => asked,
            None => self.request().await,
        };
        assert_eq!(asked.user, second);
        asked.answer.send(then).unwrap();
    }

    fn status(&self) -> Status {
        self.deliverer.status.lock().unwrap().clone()
    }

    /// Waits until the deliverer knows of so many failures, and when these users' turns are.
    async fn has_failed(&self, times: u64) {
        self.is("failed", |status| status.failed == times).await;
    }

    async fn is(&self, what: &str, wanted: impl Fn(&Status) -> bool) {
        let so = async {
            while !wanted(&self.status()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if timeout(PATIENCE, so).await.is_err() {
            panic!("it never is {what}: {:?}", self.status());
        }
    }

    /// All was told, and nobody given up.
    async fn end_of_it(mut self) {
        for user in ["ann", "bob", "carl"] {
            let settled = async {
                while self.due_of(user).await.is_some() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(PATIENCE, settled).await.expect("all is settled");
        }
        assert_eq!((self.status().given_up, self.status().delivered), (0, 3));
        assert!(self.requests.try_recv().is_err());
        assert!(self.tasks.stop(PATIENCE).await);
    }
}
