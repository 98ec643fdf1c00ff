//! The admin listener that an export reads from or an import writes to.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use foldmark_server::clock::Clock;
use foldmark_server::config::{Address, AppSettings, Settings, StoreSettings};
use foldmark_server::{Server, StartError};
use foldmark_wire::transfer::{ImportReply, Outcome};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use tempfile::TempDir;

use crate::failure::Failure;
use crate::first_run;
use crate::operators::{Operators, Trust};
use crate::url;

/// How often lines are put that the store cannot take.
const TRIES: u32 = 8;

/// An admin listener, and the token for it.
pub(crate) struct Target {
    /// What is behind it, in words: the same for the same data.
    pub(crate) place: String,
    /// The applications that it serves.
    pub(crate) apps: Vec<AppSettings>,
    operators: Operators,
    token: String,
    own: Option<Server>,
    /// The token of an own server that has no data folder.
    _folder: Option<TempDir>,
}

/// The largest answer that is not read line by line.
const ANSWER_BYTES: usize = 4 << 20;

impl Target {
    /// The running server that has the store open, or an own one. Without `makes`, a data folder has to be there.
    pub(crate) async fn open(mut settings: Settings, makes: bool) -> Result<Target, Failure> {
        if !makes {
            // Nothing is changed, and a server that runs has the file to itself.
            settings.audit = None;
        }
        let mut folder = None;
        let place = match &settings.store {
            StoreSettings::Memory => "the memory of a running server".to_owned(),
            StoreSettings::Embedded(embedded) => {
                if !makes && !embedded.path.exists() {
                    return Err(Failure::usage(format!(
                        "there is no data folder {}",
                        embedded.path.display()
                    )));
                }
                let path = std::path::absolute(&embedded.path).unwrap_or(embedded.path.clone());
                format!("the data folder {}", path.display())
            }
            StoreSettings::Cassandra(cluster) => {
                let temporary = TempDir::new().map_err(Failure::failed)?;
                settings.admin.token_file = Some(temporary.path().join("admin.token"));
                folder = Some(temporary);
                let points: Vec<String> = cluster.contact_points.iter().map(Address::to_string).collect();
                format!("the keyspace {} at {}", cluster.keyspace, points.join(", "))
            }
        };
        if settings.apps.is_empty() {
            if matches!(settings.store, StoreSettings::Memory) {
                return Err(Failure::usage(
                    "which application? [[apps]] must be configured as for the server",
                ));
            }
            settings.apps.push(first_run::application(&settings).await?);
        }
        let own = start(&settings).await?;
        let operators = match own.as_ref().and_then(|server| server.addresses().admin) {
            Some(address) => Operators::new(url::of_own(address), Trust::Nobody)?,
            None => Operators::of_settings(&settings)?,
        };
        let token = token(&settings)?;
        Ok(Target { place, apps: settings.apps, operators, token, own, _folder: folder })
    }

    /// The running server that the settings name, whether or not it has the store open.
    pub(crate) fn running(settings: Settings) -> Result<Target, Failure> {
        let operators = Operators::of_settings(&settings)?;
        let token = token(&settings)?;
        let place = format!("the server at {}", operators.base);
        Ok(Target { place, apps: settings.apps, operators, token, own: None, _folder: None })
    }

    /// The answer to a POST without a body.
    pub(crate) async fn post(&self, path: &str) -> Result<String, Failure> {
        text(good(self.send(Method::POST, path, Bytes::new()).await?).await?).await
    }

    /// The answer to a GET, to be read piece by piece.
    pub(crate) async fn get(&self, path: &str) -> Result<Incoming, Failure> {
        let answer = self.send(Method::GET, path, Bytes::new()).await?;
        good(answer).await
    }

    /// How many subjects of `kind` the application has.
    pub(crate) async fn count(&self, sdkappid: u32, kind: &str) -> Result<u64, Failure> {
        let path = format!("/v1/subjects/count?sdkappid={sdkappid}&kind={kind}");
        let text = text(self.get(&path).await?).await?;
        let count = serde_json::from_str::<serde_json::Value>(&text).ok();
        let count = count.and_then(|value| value["Count"].as_u64());
        count.ok_or_else(|| Failure::transport(format!("the count {text:?} cannot be understood")))
    }

    /// Puts the lines of `body`; fails if it is not known what became of them.
    async fn put(&self, body: Bytes, replace: bool) -> Result<ImportReply<'static>, Failure> {
        let path = format!("/v1/subjects?replace={replace}");
        let text = text(good(self.send(Method::POST, &path, body).await?).await?).await?;
        let reply: Result<ImportReply<'_>, _> = serde_json::from_str(&text);
        reply
            .map(ImportReply::into_owned)
            .map_err(|error| Failure::transport(format!("the reply cannot be understood: {error}")))
    }

    /// Puts the lines of `body`, of which there are `count`, again and again while the store cannot take them. The
    /// pause before the second time is `pause`; it doubles.
    pub(crate) async fn put_patiently(
        &self,
        body: Bytes,
        count: usize,
        replace: bool,
        mut pause: Duration,
    ) -> Result<ImportReply<'static>, Failure> {
        for attempt in 1.. {
            let failure = match self.put(body.clone(), replace).await {
                Ok(reply) if reply.results.len() != count => {
                    return Err(Failure::transport("the reply does not tell of every line"));
                }
                Ok(reply) => match reply.results.iter().find(|result| result.outcome == Outcome::Failed) {
                    Some(failed) => Failure::failed(&failed.reason),
                    None => return Ok(reply),
                },
                Err(failure) => failure,
            };
            if attempt == TRIES {
                return Err(failure);
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        unreachable!("the loop ends with the last try")
    }

    /// Ends an own server.
    pub(crate) async fn close(self) {
        // Its connections would otherwise be waited for.
        drop(self.operators);
        if let Some(server) = self.own {
            server.stop().await;
        }
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, Failure> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.operators.base))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Full::new(body))
            .map_err(Failure::failed)?;
        let sent = self.operators.send(request).await;
        sent.map_err(|error| {
            Failure::transport(format!("the admin listener at {}: {error}", self.operators.base))
        })
    }
}

/// Starts an own server on the store; `None` if a running one has it.
async fn start(settings: &Settings) -> Result<Option<Server>, Failure> {
    if matches!(settings.store, StoreSettings::Memory) {
        return Ok(None);
    }
    let mut own = settings.clone();
    own.server.listen.clear();
    own.server.tls = None;
    // A command makes no backups that nobody asked for.
    own.backup = None;
    own.admin.listen = Address::parse("127.0.0.1:0").ok();
    own.admin.tls = false;
    own.console = None;
    match Server::start(&own, Clock::system()).await {
        Ok(server) => Ok(Some(server)),
        Err(StartError::Store(error)) if error.is_in_use() => Ok(None),
        Err(error) => Err(Failure::failed(error)),
    }
}

fn token(settings: &Settings) -> Result<String, Failure> {
    let file = settings.admin_token_file();
    let file =
        file.ok_or_else(|| Failure::usage("the running server has no admin token: set admin.token_file"))?;
    let read = fs::read_to_string(&file);
    let text = read.map_err(|error| Failure::failed(format!("{}: {error}", file.display())))?;
    Ok(text.trim().to_owned())
}

/// The answer's body, unless it is a refusal.
async fn good(answer: Response<Incoming>) -> Result<Incoming, Failure> {
    let status = answer.status();
    if status == StatusCode::OK {
        return Ok(answer.into_body());
    }
    let reason = text(answer.into_body()).await?;
    Err(Failure::failed(format!("the admin listener answered {status}: {}", reason.trim())))
}

async fn text(body: Incoming) -> Result<String, Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::transport(format!("the answer broke off: {error}"));
    let body = Limited::new(body, ANSWER_BYTES).collect().await.map_err(|error| broken(&error))?;
    String::from_utf8(body.to_bytes().into()).map_err(|error| broken(&error))
}
