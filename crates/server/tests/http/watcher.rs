//! A watcher, as far as tests need one, and what gives him something to see.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::support::Fixture;

/// A connection that is told of changes.
pub(crate) struct Watch {
    body: Incoming,
    rest: String,
}

/// What he is told.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Watch {
    /// Opens one; an `Err` is the answer of a server that will not have it.
    pub(crate) async fn open(
        fixture: &Fixture,
        query: &str,
        last_event: Option<&str>,
    ) -> Result<Watch, Value> {
        let uri = format!("http://{}/v4/foldmark/watch?{query}", fixture.address());
        let mut request = Request::get(uri);
        if let Some(id) = last_event {
            request = request.header("last-event-id", id);
        }
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request.body(Full::<Bytes>::default()).unwrap()).await.unwrap();
        assert_eq!(response.status(), 200);
        if response.headers()["content-type"] == "text/event-stream" {
            return Ok(Watch { body: response.into_body(), rest: String::new() });
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Err(serde_json::from_slice(&body).unwrap())
    }

    /// Of this user, as the administrator.
    pub(crate) async fn of(fixture: &Fixture, user: &str) -> Watch {
        let query = format!("{}&From_Account={user}", fixture.query());
        Watch::open(fixture, &query, None).await.unwrap()
    }

    /// The next event; `None` at the end. Comments come all the time, and are no events.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        tokio::time::timeout(Duration::from_secs(20), self.read()).await.expect("an event comes in time")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some((text, rest)) = self.rest.split_once("\n\n") {
                let field = |name: &str| {
                    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
                    line.unwrap_or_default().to_owned()
                };
                let event = Event {
                    id: field("id"),
                    name: field("event"),
                    data: serde_json::from_str(&field("data")).unwrap_or_default(),
                };
                self.rest = rest.to_owned();
                if event.name.is_empty() {
                    continue;
                }
                return Some(event);
            }
            let frame = self.body.frame().await?;
            if let Ok(data) = frame.unwrap().into_data() {
                self.rest.push_str(str::from_utf8(&data).unwrap());
            }
        }
    }

    pub(crate) async fn changes(&mut self) -> Event {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, "changes", "{event:?}");
        event
    }
}

/// Sets a custom mark.
pub(crate) async fn mark(fixture: &Fixture, user: &str, peer: &str, custom: &str) {
    let item =
        json!({ "OptType": 2, "ContactItem": { "Type": 1, "To_Account": peer }, "CustomMark": custom });
    let body = json!({ "From_Account": user, "MarkItem": [item] });
    fixture.call("recentcontact/mark_contact", &body.to_string()).await.ok();
}

/// Users whom the event tells of.
pub(crate) fn peers(event: &Event) -> Vec<&str> {
    let items = event.data["ContactItem"].as_array().unwrap().iter();
    items.map(|item| item["To_Account"].as_str().unwrap()).collect()
}
