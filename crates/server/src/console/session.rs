//! Sessions: who has shown a token, for as long as he goes on and the token is the one that he showed.
//!
//! They are kept in memory, few of them, found by the digest of a random number that the browser alone has, and none
//! outlives its token, a time without requests, or half a day.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::api::CallHistory;
use super::operate::Undo;
use crate::clock::Clock;
use crate::limits;
use crate::random;
use crate::tokens::{Role, TokenDigest, Tokens};

/// All sessions of one console.
#[derive(Debug)]
pub(super) struct Sessions {
    clock: Clock,
    idle: Duration,
    open: Mutex<HashMap<Key, Session>>,
}

/// The digest of what the cookie holds.
type Key = [u8; 32];

/// One session.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) role: Role,
    /// What every form that changes something holds.
    pub(super) csrf: String,
    /// What the next page tells.
    pub(super) notes: Vec<Note>,
    /// What takes the last change back.
    pub(super) undo: Option<Undo>,
    /// The calls that were tried.
    pub(super) calls: CallHistory,
    token: TokenDigest,
    opened: Duration,
    used: Duration,
}

/// Something to tell on the next page.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) is_good: bool,
    pub(super) text: String,
    /// Whether it is about a change that can be taken back.
    pub(super) can_undo: bool,
}

impl Sessions {
    pub(super) fn new(clock: Clock, idle: Duration) -> Sessions {
        Sessions { clock, idle, open: Mutex::default() }
    }

    /// Begins a session of somebody who has shown the token of `role`, and gives what his cookie is to hold. Nobody
    /// but the server chooses it, so that no session can be foisted on him.
    pub(super) fn open(&self, role: Role, token: TokenDigest) -> String {
        let cookie = random::hex_key();
        let now = self.clock.monotonic();
        let mut open = self.lock();
        self.drop_ended(&mut open);
        if open.len() >= limits::CONSOLE_SESSIONS {
            let oldest = open.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key);
            oldest.map(|key| open.remove(&key));
        }
        let session = Session {
            role,
            csrf: random::hex_key(),
            notes: Vec::new(),
            undo: None,
            calls: CallHistory::default(),
            token,
            opened: now,
            used: now,
        };
        open.insert(key(&cookie), session);
        cookie
    }

    /// As [`Sessions::with`], and counts as a sign of life.
    pub(super) fn visit<T>(
        &self,
        cookie: &str,
        tokens: &Tokens,
        take: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        let now = self.clock.monotonic();
        self.with(cookie, tokens, |session| {
            session.used = now;
            take(session)
        })
    }

    /// Hands the session of this cookie to `take`, if there is one.
    pub(super) fn with<T>(
        &self,
        cookie: &str,
        tokens: &Tokens,
        take: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        let mut open = self.lock();
        self.drop_ended(&mut open);
        let key = key(cookie);
        let session = open.get_mut(&key)?;
        if tokens.digest(session.role) != Some(session.token) {
            open.remove(&key);
            return None;
        }
        Some(take(session))
    }

    /// Ends the session of this cookie.
    pub(super) fn close(&self, cookie: &str) {
        self.lock().remove(&key(cookie));
    }

    fn drop_ended(&self, open: &mut HashMap<Key, Session>) {
        let now = self.clock.monotonic();
        open.retain(|_, session| {
            now.saturating_sub(session.used) < self.idle
                && now.saturating_sub(session.opened) < limits::CONSOLE_SESSION
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(cookie: &str) -> Key {
    Sha256::digest(cookie).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> (Sessions, Clock, Tokens) {
        let clock = Clock::manual(1_700_000_000);
        (Sessions::new(clock.clone(), Duration::from_secs(600)), clock, Tokens::known("t"))
    }

    fn open(sessions: &Sessions, tokens: &Tokens) -> String {
        sessions.open(Role::Admin, tokens.digest(Role::Admin).unwrap())
    }

    #[test]
    fn a_session_lasts_while_it_is_used_but_not_for_ever() {
        let (sessions, clock, tokens) = sessions();
        let cookie = open(&sessions, &tokens);
        for _ in 0..limits::CONSOLE_SESSION.as_secs() / 500 {
            clock.advance(Duration::from_secs(500));
            assert!(sessions.visit(&cookie, &tokens, |_| ()).is_some());
        }
        clock.advance(Duration::from_secs(500));
        assert!(sessions.visit(&cookie, &tokens, |_| ()).is_none(), "half a day is over");
        let cookie = open(&sessions, &tokens);
        clock.advance(Duration::from_secs(300));
        assert!(sessions.with(&cookie, &tokens, |_| ()).is_some());
        clock.advance(Duration::from_secs(300));
        assert!(sessions.visit(&cookie, &tokens, |_| ()).is_none(), "nobody was there");
    }

    #[test]
    fn a_session_ends_with_its_token_and_when_it_is_closed() {
        let (sessions, _, tokens) = sessions();
        let cookie = open(&sessions, &tokens);
        assert!(sessions.visit(&cookie, &Tokens::known("renewed"), |_| ()).is_none());
        assert!(sessions.visit(&cookie, &tokens, |_| ()).is_none(), "it does not come back");
        let cookie = open(&sessions, &tokens);
        sessions.close(&cookie);
        assert!(sessions.visit(&cookie, &tokens, |_| ()).is_none());
        assert!(sessions.visit("", &tokens, |_| ()).is_none());
    }

    #[test]
    fn there_are_few_and_the_one_longest_unused_makes_way() {
        let (sessions, clock, tokens) = sessions();
        let first = open(&sessions, &tokens);
        clock.advance(Duration::from_secs(1));
        let mut last = String::new();
        for _ in 0..limits::CONSOLE_SESSIONS {
            last = open(&sessions, &tokens);
        }
        assert!(sessions.visit(&first, &tokens, |_| ()).is_none());
        assert!(sessions.visit(&last, &tokens, |_| ()).is_some());
    }
}
