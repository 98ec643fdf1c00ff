//! Random calls by many clients on few users, peers and chat groups, so that they get in each other's way.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use foldmark_server::config::Settings;
use futures_util::future::join_all;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::record::{Call, History, Recorder, Told};
use crate::support::Fixture;

const PEERS: u64 = 8;
const CHAT_GROUPS: u64 = 5;
const NAMES: u64 = 6;
/// How long a client pauses when something broke.
const AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How often the end is looked at until it can be seen.
const LAST_ATTEMPTS: u64 = 100;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) clients: u64,
    pub(crate) calls: u64,
    pub(crate) users: u64,
}

/// Servers that are called at random, and what they answered.
pub(crate) struct Workload {
    pub(crate) fixture: Fixture,
    recorder: Recorder,
    /// The counter of [`Call`].
    pub(crate) ticks: AtomicU64,
    calls: Mutex<Vec<Call>>,
    users: u64,
}

/// Runs a workload of fixed size against servers with these settings.
pub(crate) async fn run(settings: &Settings, size: Size) -> History {
    let recorder = Recorder::default();
    let fixture = Fixture::start_observed(settings, || Some(recorder.observer())).await;
    let workload = Workload::start(fixture, recorder, size.users).await;
    workload.clients(size.clients, |n| n < size.calls).await;
    workload.finish().await
}

impl Workload {
    /// Makes the users known. `recorder` must observe the servers of `fixture`.
    pub(crate) async fn start(fixture: Fixture, recorder: Recorder, users: u64) -> Workload {
        let ticks = AtomicU64::new(1);
        let workload = Workload { fixture, recorder, ticks, calls: Mutex::default(), users };
        for (n, (command, body)) in setup(0, 0..users).into_iter().enumerate() {
            workload.call(format!("setup-{n}"), command, &body).await;
        }
        workload
    }

    /// Has many clients call, each as long as `more` says of the number of calls that it made.
    pub(crate) async fn clients(&self, clients: u64, more: impl Fn(u64) -> bool) {
        let more = &more;
        let clients = (0..clients).map(|client| async move {
            let mut random = Random::new(client + 1, 0);
            let mut n = 0;
            while more(n) {
                let (command, body) = random.call(0..self.users);
                if self.call(format!("{client}-{n}"), command, &body).await != Told::Answered {
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
                if n.is_multiple_of(16) {
                    self.fixture.clock.advance(Duration::from_secs(1));
                }
                n += 1;
            }
        });
        join_all(clients).await;
    }

    /// Looks at every subject once more, so that the history ends with what the store holds, and stops the servers.
    pub(crate) async fn finish(self) -> History {
        let pages = (0..self.users).map(|n| {
            ("recentcontact/get_contact_group", json!({ "From_Account": user(n), "StartIndex": 0 }))
        });
        let accounts = setup(0, 0..0);
        let chat_groups = (0..CHAT_GROUPS).map(|n| {
            let id = chat_group(0, n);
            ("group_open_http_svc/create_group", json!({ "Type": "Public", "Name": "n", "GroupId": id }))
        });
        for (n, (command, body)) in pages.chain(accounts).chain(chat_groups).enumerate() {
            let mut told = Told::Open;
            for attempt in 0..LAST_ATTEMPTS {
                told = self.call(format!("last-{n}-{attempt}"), command, &body).await;
                if told == Told::Answered {
                    break;
                }
                tokio::time::sleep(AFTER_FAILURE).await;
            }
            assert_eq!(told, Told::Answered, "the end cannot be looked at: {command} {body}");
        }
        self.fixture.stop().await;
        History { calls: self.calls.into_inner().unwrap(), decisions: self.recorder.take() }
    }

    /// Makes one call and keeps what came of it.
    async fn call(&self, id: String, command: &str, body: &Value) -> Told {
        let fixture = &self.fixture;
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("http://{}/v4/{command}?{}", fixture.address(), fixture.query()))
            .header("x-request-id", &id)
            .body(body.to_string().into())
            .unwrap();
        let start = self.ticks.fetch_add(1, Ordering::SeqCst);
        let answer = fixture.send_request(request).await;
        let end = self.ticks.fetch_add(1, Ordering::SeqCst);
        assert_eq!(answer.headers["x-request-id"], id.as_str());
        let revision = answer.revision().unwrap_or(0);
        let call = Call { id, start, end, reply: answer.json(), revision };
        let told = call.told();
        self.calls.lock().unwrap().push(call);
        told
    }
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

fn chat_group(world: u64, n: u64) -> String {
    format!("chat{world}-{n}")
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
        chat_group(self.world, n)
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

    /// A command of several that are carried out together.
    fn command(&mut self) -> Value {
        match self.below(4) {
            0 => {
                let group = json!({ "GroupName": self.name(), "ContactItem": [self.contact()] });
                json!({ "Command": "create_contact_group", "GroupContactItem": [group] })
            }
            1 => json!({ "Command": "del_contact_group", "GroupName": [self.name()] }),
            2 => json!({ "Command": "set_group_order", "GroupName": [self.name()] }),
            _ => {
                let item = json!({ "OptType": 1, "ContactItem": self.contact(), "SetMark": [self.below(4)] });
                json!({ "Command": "mark_contact", "MarkItem": [item] })
            }
        }
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
            37..39 => {
                ("foldmark/set_group_order", json!({ "From_Account": user, "GroupName": [self.name()] }))
            }
            39..41 => {
                let ex = ["", "a"][self.below(2) as usize];
                let group = json!({ "GroupName": self.name(), "Ex": ex });
                ("foldmark/set_group_ex", json!({ "From_Account": user, "GroupItem": [group] }))
            }
            41..46 => (
                "recentcontact/del_contact_group",
                json!({ "From_Account": user, "GroupName": [self.name()] }),
            ),
            46..66 => {
                let items = self.several(4, |random| {
                    let bits = random.several(3, |random| random.below(4));
                    let custom = ["", "a", "b"][random.below(3) as usize];
                    let (set, clear) = if random.below(2) == 0 { (bits, vec![]) } else { (vec![], bits) };
                    json!({ "OptType": 1 + random.below(3), "ContactItem": random.contact(), "SetMark": set, "ClearMark": clear, "CustomMark": custom })
                });
                ("recentcontact/mark_contact", json!({ "From_Account": user, "MarkItem": items }))
            }
            66..72 => {
                let commands = self.several(3, Random::command);
                ("foldmark/apply", json!({ "From_Account": user, "CommandItem": commands }))
            }
            72..74 => ("foldmark/list_groups", json!({ "From_Account": user })),
            74..76 => (
                "foldmark/list_conversations",
                json!({ "From_Account": user, "AnyMark": [self.below(4)], "StartIndex": self.below(3) }),
            ),
            76..80 => (
                "recentcontact/get_contact_group",
                json!({ "From_Account": user, "StartIndex": self.below(3) }),
            ),
            80..86 => {
                let contacts = self.several(5, Random::contact);
                (
                    "recentcontact/search_contact_group",
                    json!({ "From_Account": user, "ContactItem": contacts }),
                )
            }
            86..89 => {
                ("im_open_login_svc/account_delete", json!({ "DeleteItem": [{ "UserID": self.peer() }] }))
            }
            89..92 => ("im_open_login_svc/account_import", json!({ "UserID": self.peer() })),
            92 => ("im_open_login_svc/account_delete", json!({ "DeleteItem": [{ "UserID": user }] })),
            // More often than deletion, so that most calls find him.
            93..96 => ("im_open_login_svc/account_import", json!({ "UserID": user, "Nick": self.name() })),
            96..98 => ("group_open_http_svc/destroy_group", json!({ "GroupId": self.chat_group() })),
            _ => {
                let id = self.chat_group();
                ("group_open_http_svc/create_group", json!({ "Type": "Public", "Name": "n", "GroupId": id }))
            }
        }
    }
}
