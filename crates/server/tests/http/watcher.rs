//! A watcher, as far as tests need one, and what gives him something to see.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::described;
use crate::support::Fixture;

/// A connection that is told of changes.
pub(crate) struct Watch {
    pub(crate) body: Incoming,
    pub(crate) rest: String,
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
        let refusal = serde_json::from_slice(&body).unwrap();
        check_event("end", &refusal);
        Err(refusal)
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
                // The console's own says that nothing more is shown, and is no part of a watch.
                if event.name != "closed" {
                    check_event(&event.name, &event.data);
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

/// Fails if an event of a watch has a name, a field or a code that the description does not have.
fn check_event(name: &str, data: &Value) {
    let operation = &described::DOCUMENT["paths"]["/v4/foldmark/watch"]["get"];
    let events = &operation["responses"]["200"]["content"]["text/event-stream"]["x-events"];
    assert!(events.get(name).is_some(), "watch does not describe the event {name}");
    described::fields(name, "", &events[name], data);
    let code = data.get("ErrorCode").filter(|code| **code != 0);
    if let Some(code) = code {
        let description = operation["description"].as_str().unwrap();
        assert!(description.contains(&format!("\n| {code} |")), "watch does not describe {code}");
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
