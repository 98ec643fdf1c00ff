//! A receiver of webhooks that checks every signature, and every event against its description, keeps what it was told,
//! and fails when it is told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use foldmark_harness::free_address;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;

use crate::described;
use crate::support::Fixture;
use crate::watcher::mark;

pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const SECRET_BYTES: &[u8] = b"0123456789abcdef0123456789abcdef";

/// A receiver that runs.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    state: Arc<Mutex<Received>>,
    server: tokio::task::JoinHandle<()>,
}

/// What was received.
#[derive(Default)]
pub(crate) struct Received {
    /// Every request that was taken: its id and its body.
    pub(crate) taken: Vec<(String, Value)>,
    /// Every request, taken or not: its id.
    pub(crate) asked: Vec<String>,
    /// What the next requests are answered; after these, all are taken.
    pub(crate) answers: VecDeque<StatusCode>,
    /// Users whose events are refused for good.
    pub(crate) refused: BTreeSet<String>,
    /// Requests are not answered at all.
    pub(crate) silent: bool,
    /// What has come since somebody looked last.
    unchecked: Vec<(HeaderMap, Value)>,
}

impl Receiver {
    /// On a port of its own, which stays its own while it is away, or on the one that was another's before.
    pub(crate) async fn start(address: Option<SocketAddr>) -> Receiver {
        let address = address.unwrap_or_else(|| free_address().unwrap());
        let listener = TcpListener::bind(address).await.unwrap();
        let state = Arc::new(Mutex::new(Received::default()));
        let router = Router::new().route("/hook", post(take)).with_state(state.clone());
        #[expect(clippy::disallowed_methods, reason = "ended by `stop` at the latest")]
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Receiver { address, state, server }
    }

    /// The lines of an application's table that name this receiver.
    pub(crate) fn config(&self) -> String {
        format!(
            "[apps.webhook]\nurl = \"http://{}/hook\"\nsecret = \"{SECRET}\"\ntimeout_seconds = 60",
            self.address
        )
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Received) -> T) -> T {
        self.check();
        act(&mut self.state.lock().unwrap())
    }

    /// Waits until what was received is as `wanted` says, and gives that back.
    pub(crate) async fn wait<T>(&self, what: &str, mut wanted: impl FnMut(&Received) -> Option<T>) -> T {
        for _ in 0..6_000 {
            self.check();
            if let Some(found) = wanted(&self.state.lock().unwrap()) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let state = self.state.lock().unwrap();
        panic!("{what} has not come: {} asked, taken: {:#?}", state.asked.len(), state.taken);
    }

    /// Waits until this user is known at `revision` or later, and gives what is known of him.
    pub(crate) async fn follows(&self, user: &str, revision: u64) -> Follower {
        self.wait(&format!("{user} at {revision}"), |received| {
            let follower = received.follow(user);
            (follower.revision >= revision && !follower.is_amid).then_some(follower)
        })
        .await
    }

    /// A user whom it does not refuse is changed, and told of: another one for each second of the clock.
    pub(crate) async fn takes_another(&self, fixture: &Fixture) {
        let other = format!("other-{}", fixture.clock.unix_seconds());
        mark(fixture, &other, "x", "1").await;
        self.follows(&other, 1).await;
    }

    /// Fails if something was told that is not described.
    fn check(&self) {
        let unchecked = std::mem::take(&mut self.state.lock().unwrap().unchecked);
        for (headers, event) in &unchecked {
            check_described(headers, event);
        }
    }

    /// Ends, as if the machine had gone away.
    pub(crate) fn stop(self) {
        self.server.abort();
    }
}

/// A user as somebody knows him who has applied all events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Follower {
    pub(crate) incarnation: String,
    pub(crate) revision: u64,
    /// The custom marks of the conversations.
    pub(crate) marks: BTreeMap<String, String>,
    pub(crate) deleted: bool,
    /// The last page says that there is more.
    pub(crate) is_amid: bool,
}

impl Received {
    /// Applies the events of one user in the order in which they came, as the documentation says, and fails if one is
    /// missing.
    pub(crate) fn follow(&self, user: &str) -> Follower {
        let mut follower = Follower::default();
        // Ids of the events that were taken at his revision, and up to where he was told wholly.
        let (mut ids, mut whole) = (BTreeSet::new(), 0);
        for (id, event) in &self.taken {
            let data = &event["data"];
            if data["From_Account"] != user {
                continue;
            }
            let (since, revision) = (data["Since"].as_u64().unwrap(), data["Revision"].as_u64().unwrap());
            let incarnation = data["Incarnation"].as_str().unwrap();
            let is_reset = data["Reset"] == true;
            if incarnation != follower.incarnation {
                assert!(since == 0 || is_reset, "{user} is new, and not told as new: {event}");
                follower = Follower { incarnation: incarnation.to_owned(), ..Follower::default() };
                (ids, whole) = (BTreeSet::new(), 0);
            }
            let is_same = revision == follower.revision && ids.contains(id);
            if revision < follower.revision || is_same || (is_reset && revision == whole) {
                continue;
            }
            assert!(since <= whole || is_reset, "{user} is at {whole}, and told since {since}");
            if revision > follower.revision {
                ids.clear();
            }
            ids.insert(id);
            if is_reset || event["type"] == "user.deleted" {
                follower.marks.clear();
                // What follows of it goes on from here, whatever was known before.
                whole = since;
            }
            follower.deleted = event["type"] == "user.deleted";
            for contact in data["ContactItem"].as_array().into_iter().flatten() {
                let peer = contact["To_Account"].as_str().unwrap().to_owned();
                let mark = contact["CustomMark"].as_str().unwrap_or_default().to_owned();
                follower.marks.insert(peer, mark);
            }
            for contact in data["RemovedItem"].as_array().into_iter().flatten() {
                follower.marks.remove(contact["To_Account"].as_str().unwrap());
            }
            follower.revision = revision;
            follower.is_amid = data["More"] == true;
            if !follower.is_amid {
                whole = revision;
            }
        }
        follower
    }

    /// The revisions of one user's events that were taken, in order.
    pub(crate) fn revisions(&self, user: &str) -> Vec<u64> {
        let of_user = self.taken.iter().filter(|(_, event)| event["data"]["From_Account"] == user);
        of_user.map(|(_, event)| event["data"]["Revision"].as_u64().unwrap()).collect()
    }
}

async fn take(State(state): State<Arc<Mutex<Received>>>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET_BYTES).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(&body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    if !header("webhook-signature").split(' ').any(|one| one == signature) {
        return (StatusCode::UNAUTHORIZED, "wrong signature").into_response();
    }
    let event: Value = serde_json::from_slice(&body).unwrap();
    let status = {
        let mut state = state.lock().unwrap();
        state.asked.push(id.clone());
        state.unchecked.push((headers, event.clone()));
        if state.silent {
            None
        } else {
            let user = event["data"]["From_Account"].as_str().unwrap();
            let status = match state.refused.contains(user) {
                true => StatusCode::UNPROCESSABLE_ENTITY,
                false => state.answers.pop_front().unwrap_or(StatusCode::NO_CONTENT),
            };
            if status.is_success() {
                state.taken.push((id, event));
            }
            Some(status)
        }
    };
    match status {
        Some(status) if status.is_success() => status.into_response(),
        Some(status) => (status, "it says\nno").into_response(),
        None => std::future::pending().await,
    }
}

/// Fails if an event that a receiver was told has a field, a type or a header that its webhook does not describe.
fn check_described(headers: &HeaderMap, event: &Value) {
    let name = match event["type"].as_str() {
        Some("user.changed") => "userChanged",
        Some("user.deleted") => "userDeleted",
        other => panic!("{other:?} is not described"),
    };
    let operation = &described::DOCUMENT["webhooks"][name]["post"];
    let parameters: Vec<&str> = operation["parameters"].as_array().unwrap().iter().map(name_of).collect();
    for header in &parameters {
        assert!(headers.contains_key(*header), "{name} describes {header}, which is not there");
    }
    let sent = headers.keys().map(HeaderName::as_str).filter(|header| header.starts_with("webhook-"));
    sent.for_each(|header| assert!(parameters.contains(&header), "{name} does not describe {header}"));
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    described::fields(name, "", schema, event);
    let kinds = &described::target(schema)["properties"]["type"]["enum"];
    assert_eq!(*kinds, json!([event["type"]]), "{name} is of another type");
}

fn name_of(parameter: &'static Value) -> &'static str {
    described::target(parameter)["name"].as_str().unwrap()
}
