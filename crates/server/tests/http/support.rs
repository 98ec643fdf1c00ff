//! Servers in this process, on ports of their own, and a client that sends exactly what it is told.
//!
//! How many servers there are, and where they keep their data, is a matter of the test target: its module `place` says
//! so. Calls go to the servers in turn, and whatever a test says of one server is said of all of them together.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use foldmark_server::clock::Clock;
use foldmark_server::config::{self, Settings};
use foldmark_server::{Beside, Observer, Reloaded, Server};
use foldmark_wire::usersig::NewUserSig;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::described;
use crate::place::{self, Turn};

pub(crate) const APP: u32 = 1_400_000_000;
pub(crate) const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";
pub(crate) const NOW: u64 = 1_775_217_000;

/// Servers that share their data, and a way to call them.
pub(crate) struct Fixture {
    servers: Vec<Server>,
    pub(crate) clock: Clock,
    client: Client<HttpConnector, Full<Bytes>>,
    calls: AtomicUsize,
    _turn: Turn,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// Settings for servers on free ports with a new, empty store and one application, with `app` in its table.
pub(crate) fn settings(app: &str) -> Settings {
    settings_with(&place::store(), app)
}

/// As [`settings`], with data that outlives the servers: in `folder` if the store wants one.
pub(crate) fn settings_in(folder: &Path, app: &str) -> Settings {
    settings_with(&place::lasting_store(folder), app)
}

/// As [`settings`], with a store in memory wherever the others are.
pub(crate) fn settings_in_memory(app: &str) -> Settings {
    settings_with("[store]\nkind = \"memory\"\n", app)
}

/// As [`settings`], with these tables for the store.
pub(crate) fn settings_with(store: &str, app: &str) -> Settings {
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[admin]\nlisten = \"127.0.0.1:0\"\n{store}\
         [[apps]]\nsdkappid = {APP}\nkey = \"{KEY}\"\n{app}\n"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    config::load(Some(file.path()), &Default::default(), &[]).unwrap()
}

impl Fixture {
    /// Servers on a new store whose clock stands still.
    pub(crate) async fn new() -> Fixture {
        Fixture::with("").await
    }

    /// As [`Fixture::new`], with more lines in the application's table.
    pub(crate) async fn with(app: &str) -> Fixture {
        Fixture::start(&settings(app)).await
    }

    /// Servers with these settings.
    pub(crate) async fn start(settings: &Settings) -> Fixture {
        Fixture::start_observed(settings, || None).await
    }

    /// As [`Fixture::start`], with someone at each server who is told of every decision.
    pub(crate) async fn start_observed(
        settings: &Settings,
        observer: impl Fn() -> Option<Observer>,
    ) -> Fixture {
        let turn = place::turn(settings).await;
        Fixture::start_in(turn, settings, observer).await
    }

    /// As [`Fixture::start_observed`], in a turn that was waited for before.
    pub(crate) async fn start_in(
        turn: Turn,
        settings: &Settings,
        observer: impl Fn() -> Option<Observer>,
    ) -> Fixture {
        let clock = Clock::manual(NOW);
        let mut servers = Vec::new();
        for _ in 0..place::servers(settings) {
            servers.push(place::start(settings, &clock, observer()).await);
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        Fixture { servers, clock, client, calls: AtomicUsize::new(0), _turn: turn }
    }

    /// One server in memory, or in the folder of the settings, that is given something beside them.
    pub(crate) async fn start_beside(settings: &Settings, beside: Beside) -> Fixture {
        let turn = place::turn(settings).await;
        let clock = Clock::manual(NOW);
        let servers = vec![Server::start_beside(settings, clock.clone(), beside).await.unwrap()];
        let client = Client::builder(TokioExecutor::new()).build_http();
        Fixture { servers, clock, client, calls: AtomicUsize::new(0), _turn: turn }
    }

    /// Lets the server whose turn it is read its configuration again.
    pub(crate) fn reload(&self) -> Result<Reloaded, String> {
        self.next().reload()
    }

    /// Lets all servers say that they will stop.
    pub(crate) async fn leave(&self) {
        for server in &self.servers {
            server.leave().await;
        }
    }

    /// Where the server is whose turn it is.
    pub(crate) fn address(&self) -> SocketAddr {
        self.next().addresses().plain[0]
    }

    /// The operators' listener of the server whose turn it is.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.next().addresses().admin.unwrap()
    }

    fn next(&self) -> &Server {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        &self.servers[call % self.servers.len()]
    }

    /// What each server says of being ready.
    pub(crate) async fn ready(&self) -> Vec<u16> {
        let mut all = Vec::new();
        for server in &self.servers {
            let uri = format!("http://{}/healthz/ready", server.addresses().admin.unwrap());
            let request = Request::get(uri).body(Full::default()).unwrap();
            all.push(self.exchange(request).await.status.as_u16());
        }
        all
    }

    pub(crate) async fn stop(self) {
        drop(self.client);
        for server in self.servers {
            assert!(server.stop().await, "the server drained in time");
        }
    }

    /// The query of a call by the administrator.
    pub(crate) fn query(&self) -> String {
        query(APP, "administrator", &usersig("administrator", KEY, self.clock.unix_seconds()))
    }

    /// Sends `body` to `command`, such as `recentcontact/mark_contact`, as the administrator.
    pub(crate) async fn call(&self, command: &str, body: &str) -> Answer {
        self.call_with(command, &self.query(), body).await
    }

    /// As [`Fixture::call`], with a query of the caller's own.
    pub(crate) async fn call_with(&self, command: &str, query: &str, body: &str) -> Answer {
        self.send(Method::POST, &format!("/v4/{command}?{query}"), body).await
    }

    /// Sends any request. The status is always 200.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address()))
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .unwrap();
        self.send_request(request).await
    }

    /// Sends any request to wherever it says. The status is always 200.
    pub(crate) async fn send_request(&self, request: Request<Full<Bytes>>) -> Answer {
        let answer = self.exchange(request).await;
        assert_eq!(answer.status, 200);
        answer
    }

    /// Sends any request to wherever it says.
    pub(crate) async fn exchange(&self, request: Request<Full<Bytes>>) -> Answer {
        let path = request.uri().path().to_owned();
        let response = self.client.request(request);
        let response = tokio::time::timeout(Duration::from_secs(20), response).await.unwrap().unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let answer = Answer { status, headers, text: String::from_utf8(body.to_vec()).unwrap() };
        described::check(&path, &answer);
        answer
    }

    /// Imports these users.
    pub(crate) async fn import(&self, users: &[&str]) {
        for user in users {
            let answer =
                self.call("im_open_login_svc/account_import", &format!(r#"{{"UserID":"{user}"}}"#)).await;
            answer.ok();
        }
    }

    /// Registers a chat group.
    pub(crate) async fn chat_group(&self, id: &str) {
        let body = format!(r#"{{"Type":"Public","Name":"n","GroupId":"{id}"}}"#);
        self.call("group_open_http_svc/create_group", &body).await.ok();
    }

    /// The two users and the chat group of the documented samples.
    pub(crate) async fn sample_peers(&self) {
        self.import(&["user_0001", "user_0002"]).await;
        self.chat_group("@TGS#1B2AUI7RZ").await;
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn code(&self) -> i64 {
        self.json()["ErrorCode"].as_i64().unwrap()
    }

    pub(crate) fn revision(&self) -> Option<u64> {
        Some(self.headers.get("foldmark-revision")?.to_str().unwrap().parse().unwrap())
    }

    /// Fails unless the call was carried out.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        let json = self.json();
        assert_eq!(
            (json["ActionStatus"].as_str(), json["ErrorCode"].as_i64()),
            (Some("OK"), Some(0)),
            "{}",
            self.text
        );
        json
    }

    /// Fails unless the call was refused with `code` and a text that has `part` in it.
    #[track_caller]
    pub(crate) fn refused(&self, code: i64, part: &str) {
        let json = self.json();
        assert_eq!(
            (json["ActionStatus"].as_str(), json["ErrorCode"].as_i64()),
            (Some("FAIL"), Some(code)),
            "{}",
            self.text
        );
        let info = json["ErrorInfo"].as_str().unwrap();
        assert!(info.contains(part), "{info:?} has no {part:?}");
        assert_eq!(json.as_object().unwrap().len(), 3, "a refusal holds nothing else: {}", self.text);
    }
}

pub(crate) fn usersig(identifier: &str, key: &str, now: u64) -> String {
    NewUserSig { sdkappid: APP, key: key.as_bytes(), identifier, now, expire: 86_400, userbuf: None }.make()
}

pub(crate) fn query(app: u32, identifier: &str, usersig: &str) -> String {
    format!("sdkappid={app}&identifier={identifier}&usersig={usersig}&random=99999999&contenttype=json")
}
