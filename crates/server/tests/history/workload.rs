//! Random calls by many clients on few users, peers and chat groups, so that they get in each other's way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use foldmark_server::config::Settings;
use futures_util::future::join_all;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::record::{Call, History, Recorder};
use crate::support::Fixture;

const PEERS: u64 = 8;
const CHAT_GROUPS: u64 = 5;
const NAMES: u64 = 6;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) clients: u64,
    pub(crate) calls: u64,
    pub(crate) users: u64,
}

/// Runs a workload against a server with these settings.
pub(crate) async fn run(settings: &Settings, size: Size) -> History {
    let recorder = Recorder::default();
    let fixture = Fixture::start_observed(settings, Some(recorder.observer())).await;
    let ticks = AtomicU64::new(1);
    let mut calls = Vec::new();
    let (fixture_ref, ticks_ref) = (&fixture, &ticks);
    let setup = setup(0, 0..size.users);
    for (n, (command, body)) in setup.into_iter().enumerate() {
        calls.push(call(fixture_ref, ticks_ref, format!("setup-{n}"), command, &body).await);
    }
    let clients = (0..size.clients).map(|client| async move {
        let mut random = Random::new(client + 1, 0);
        let mut calls = Vec::new();
        for n in 0..size.calls {
            let (command, body) = random.call(0..size.users);
            calls.push(call(fixture_ref, ticks_ref, format!("{client}-{n}"), command, &body).await);
            if n % 16 == 0 {
                fixture_ref.clock.advance(std::time::Duration::from_secs(1));
            }
        }
        calls
    });
    calls.extend(join_all(clients).await.into_iter().flatten());
    let mut finally = BTreeMap::new();
    for n in 0..size.users {
        let user = user(n);
        finally.insert(user.clone(), pages(&fixture, &user).await);
    }
    fixture.stop().await;
    History { calls, decisions: recorder.take(), finally }
}

/// The calls that make users and the peers of a world known.
pub(crate) fn setup(world: u64, users: std::ops::Range<u64>) -> Vec<(&'static str, Value)> {
    let accounts = users.map(user).chain((0..PEERS).map(|n| peer(world, n)));
    accounts.map(|id| ("im_open_login_svc/account_import", json!({ "UserID": id }))).collect()
}

fn user(n: u64) -> String {
    format!("user{n}")
}

fn peer(world: u64, n: u64) -> String {
    format!("peer{world}-{n}")
}

async fn call(fixture: &Fixture, ticks: &AtomicU64, id: String, command: &str, body: &Value) -> Call {
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("http://{}/v4/{command}?{}", fixture.address, fixture.query()))
        .header("x-request-id", &id)
        .body(body.to_string().into())
        .unwrap();
    let start = ticks.fetch_add(1, Ordering::SeqCst);
    let answer = fixture.send_request(request).await;
    let end = ticks.fetch_add(1, Ordering::SeqCst);
    assert_eq!(answer.headers["x-request-id"], id.as_str());
    let revision = answer.revision().unwrap_or(0);
    Call { id, start, end, reply: answer.json(), revision }
}

async fn pages(fixture: &Fixture, user: &str) -> Option<Vec<Value>> {
    let body = json!({ "From_Account": user, "StartIndex": 0 }).to_string();
    let answer = fixture.call("recentcontact/get_contact_group", &body).await;
    (answer.code() == 0).then(|| answer.json()["ContactItem"].as_array().unwrap().clone())
}

/// A small generator of its own: the same workload for the same client each time.
pub(crate) struct Random {
    state: u64,
    /// Peers and chat groups of different worlds are different ones.
    world: u64,
}

impl Random {
    pub(crate) fn new(seed: u64, world: u64) -> Random {
        Random { state: seed, world }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % limit
    }

    fn peer(&mut self) -> String {
        let n = self.below(PEERS);
        peer(self.world, n)
    }

    fn chat_group(&mut self) -> String {
        let n = self.below(CHAT_GROUPS);
        format!("chat{}-{n}", self.world)
    }

    fn contact(&mut self) -> Value {
        match self.below(3) {
            0 => json!({ "Type": 2, "ToGroupId": self.chat_group() }),
            _ => json!({ "Type": 1, "To_Account": self.peer() }),
        }
    }

    fn several<T>(&mut self, most: u64, mut one: impl FnMut(&mut Random) -> T) -> Vec<T> {
        let count = 1 + self.below(most);
        (0..count).map(|_| one(self)).collect()
    }

    fn name(&mut self) -> String {
        format!("name{}", self.below(NAMES))
    }

    /// A call about one of these users.
    pub(crate) fn call(&mut self, users: std::ops::Range<u64>) -> (&'static str, Value) {
        let user = user(users.start + self.below(users.end - users.start));
        match self.below(100) {
            0..15 => {
                let members = self.several(3, Random::contact);
                let group = json!({ "GroupName": self.name(), "ContactItem": members });
                (
                    "recentcontact/create_contact_group",
                    json!({ "From_Account": user, "GroupContactItem": [group] }),
                )
            }
            15..22 => {
                let update =
                    json!({ "UpdateGroupType": 1, "OldGroupName": self.name(), "NewGroupName": self.name() });
                (
                    "recentcontact/update_contact_group",
                    json!({ "From_Account": user, "UpdateType": 1, "UpdateGroup": update }),
                )
            }
            22..37 => {
                let items = self.several(4, |random| {
                    json!({ "ContactOptType": 1 + random.below(2), "ContactItem": random.contact() })
                });
                let update =
                    json!({ "UpdateGroupType": 2, "OldGroupName": self.name(), "ContactUpdateItem": items });
                (
                    "recentcontact/update_contact_group",
                    json!({ "From_Account": user, "UpdateType": 1, "UpdateGroup": update }),
                )
            }
            37..44 => (
                "recentcontact/del_contact_group",
                json!({ "From_Account": user, "GroupName": [self.name()] }),
            ),
            44..68 => {
                let items = self.several(4, |random| {
                    let bits = random.several(3, |random| random.below(4));
                    let custom = ["", "a", "b"][random.below(3) as usize];
                    let (set, clear) = if random.below(2) == 0 { (bits, vec![]) } else { (vec![], bits) };
                    json!({ "OptType": 1 + random.below(3), "ContactItem": random.contact(), "SetMark": set, "ClearMark": clear, "CustomMark": custom })
                });
                ("recentcontact/mark_contact", json!({ "From_Account": user, "MarkItem": items }))
            }
            68..78 => (
                "recentcontact/get_contact_group",
                json!({ "From_Account": user, "StartIndex": self.below(3) }),
            ),
            78..88 => {
                let contacts = self.several(5, Random::contact);
                (
                    "recentcontact/search_contact_group",
                    json!({ "From_Account": user, "ContactItem": contacts }),
                )
            }
            88..91 => {
                ("im_open_login_svc/account_delete", json!({ "DeleteItem": [{ "UserID": self.peer() }] }))
            }
            91..94 => ("im_open_login_svc/account_import", json!({ "UserID": self.peer() })),
            94 => ("im_open_login_svc/account_delete", json!({ "DeleteItem": [{ "UserID": user }] })),
            95 => ("im_open_login_svc/account_import", json!({ "UserID": user, "Nick": self.name() })),
            96..98 => ("group_open_http_svc/destroy_group", json!({ "GroupId": self.chat_group() })),
            _ => {
                let id = self.chat_group();
                ("group_open_http_svc/create_group", json!({ "Type": "Public", "Name": "n", "GroupId": id }))
            }
        }
    }
}
