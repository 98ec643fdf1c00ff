//! `foldmark admin-token`: prints a token of operators, or puts another one in its place.
//!
//! A renewed token is in its file before the running server is asked to read it, by the old one, which it still takes.
//! If it says no, the old token is put back, so that the file and the server agree whatever happened; only where nobody
//! knows what became of it does the new one stay, and that is said.

use std::path::Path;
use std::time::Duration;

use foldmark_server::config::{Secret, Settings, StoreSettings};
use foldmark_server::{open_store, random, secret_file};
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};

use crate::args::AdminTokenArgs;
use crate::failure::Failure;
use crate::operators::Operators;
use crate::out;
use crate::settings::ConfigArgs;

/// For one answer of the server.
const PATIENCE: Duration = Duration::from_secs(10);
/// More of an answer is not read.
const ANSWER_BYTES: usize = 64 << 10;

pub(crate) async fn run(args: &AdminTokenArgs, config: &ConfigArgs) -> Result<(), Failure> {
    let settings = config.load()?;
    let (key, file) = match args.viewer {
        true => ("admin.viewer_token_file", settings.viewer_token_file()),
        false => ("admin.token_file", settings.admin_token_file()),
    };
    let file = file.ok_or_else(|| {
        Failure::usage(format!("there is no data folder to keep the token in: name a file by {key}"))
    })?;
    let made = !file.exists();
    if made {
        prepare(&settings, &file).await?;
    }
    let token = read(&file)?;
    if made {
        out::note(&format!("{} was made; a server that runs already takes it on SIGHUP", file.display()));
    }
    if made || !args.renew {
        return out::line(token.expose());
    }
    let renewed = renew(&settings, &file, &token, args.viewer).await?;
    out::line(renewed.expose())
}

/// Makes the database that a data folder must have before there is anything else in it.
async fn prepare(settings: &Settings, file: &Path) -> Result<(), Failure> {
    let StoreSettings::Embedded(embedded) = &settings.store else { return Ok(()) };
    if !file.starts_with(&embedded.path) {
        return Ok(());
    }
    match open_store(&settings.store).await {
        Ok(store) => store.close().await,
        // Then it has its database.
        Err(error) if error.is_in_use() => {}
        Err(error) => return Err(Failure::failed(error)),
    }
    Ok(())
}

async fn renew(settings: &Settings, file: &Path, old: &Secret, viewer: bool) -> Result<Secret, Failure> {
    // What can be wrong with the configuration is found before anything is changed.
    let server = Running::of(settings, old, viewer)?;
    let new = Secret::new(random::hex_key());
    secret_file::replace(file, &new).map_err(Failure::failed)?;
    let Some(server) = server else {
        out::note(
            "renewed; a server takes it when it is started, or on SIGHUP: admin.listen does not say where to ask",
        );
        return Ok(new);
    };
    match server.take(&new).await {
        Outcome::Taken => {
            out::note(&format!(
                "renewed; the server at {} takes the new token from now on, and no longer the old one",
                server.operators.base
            ));
            Ok(new)
        }
        Outcome::NobodyThere => {
            out::note(&format!("renewed; no server runs at {}", server.operators.base));
            Ok(new)
        }
        Outcome::Refused(reason) => {
            secret_file::replace(file, old).map_err(|error| {
                Failure::failed(format!("{reason}; and the old token could not be put back: {error}"))
            })?;
            Err(Failure::failed(format!(
                "the token is the same as before, since the server at {} did not take another: {reason}. If that is \
                 not the server of this configuration, give --set admin.listen=off",
                server.operators.base
            )))
        }
        Outcome::Unknown(reason) => Err(Failure::failed(format!(
            "{} holds a new token, but nobody knows whether the server at {} has taken it: {reason}. It does when it is \
             started again, or on SIGHUP",
            file.display(),
            server.operators.base
        ))),
    }
}

/// What became of a new token.
enum Outcome {
    Taken,
    NobodyThere,
    /// The server goes on with the old one.
    Refused(String),
    Unknown(String),
}

/// The server that may be running with the old token.
struct Running {
    operators: Operators,
    /// The admin token that it takes, unless it is another's.
    admin: Secret,
    /// Whether it is the viewer token that is renewed.
    viewer: bool,
}

impl Running {
    /// `None` if the settings do not say where one is.
    fn of(settings: &Settings, old: &Secret, viewer: bool) -> Result<Option<Running>, Failure> {
        if settings.admin.listen.as_ref().is_none_or(|address| address.is_any_port()) {
            return Ok(None);
        }
        let operators = Operators::of_settings(settings)?;
        let admin = match (viewer, settings.admin_token_file()) {
            (false, _) => old.clone(),
            (true, Some(file)) => read(&file)?,
            (true, None) => {
                return Err(Failure::usage("the running server has no admin token: set admin.token_file"));
            }
        };
        Ok(Some(Running { operators, admin, viewer }))
    }

    /// Has the server read its tokens again, and looks whether it has.
    async fn take(&self, new: &Secret) -> Outcome {
        let asked = self.ask(Method::POST, "/v1/reload", &self.admin).await;
        let reason = match asked {
            Ok(()) if self.viewer => return Outcome::Taken,
            // A server that cannot read the file keeps its token, and says so to its log alone.
            Ok(()) => "it has reloaded its configuration, and goes on with the old token; its log says why"
                .to_owned(),
            Err(Trouble::NobodyThere) => return Outcome::NobodyThere,
            Err(Trouble::Refused(reason)) => return Outcome::Refused(reason),
            Err(Trouble::Lost(reason)) if self.viewer => return Outcome::Unknown(reason),
            Err(Trouble::Lost(reason)) => reason,
        };
        match self.send(Method::GET, "/v1/backups", new).await {
            Ok((StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _)) => Outcome::Refused(reason),
            // Whatever it says beyond, perhaps that it keeps no backups: it says it to operators alone.
            Ok(_) => Outcome::Taken,
            Err(_) => Outcome::Unknown(reason),
        }
    }

    async fn ask(&self, method: Method, path: &str, token: &Secret) -> Result<(), Trouble> {
        match self.send(method, path, token).await? {
            (StatusCode::OK, _) => Ok(()),
            (status, text) => Err(Trouble::Refused(format!("it answered {status}: {}", text.trim()))),
        }
    }

    /// The status of an answer, and what it says.
    async fn send(
        &self,
        method: Method,
        path: &str,
        token: &Secret,
    ) -> Result<(StatusCode, String), Trouble> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.operators.base))
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .body(Full::default())
            .map_err(|error| Trouble::Refused(error.to_string()))?;
        let answered = tokio::time::timeout(PATIENCE, self.operators.send(request)).await;
        let Ok(sent) = answered else {
            return Err(Trouble::Lost(format!("no answer within {} s", PATIENCE.as_secs())));
        };
        let answer = sent.map_err(|error| match error.nobody_listens() {
            true => Trouble::NobodyThere,
            false if error.is_connect() => Trouble::Refused(error.to_string()),
            false => Trouble::Lost(error.to_string()),
        })?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// Why there is no good answer.
enum Trouble {
    NobodyThere,
    /// Nothing was done.
    Refused(String),
    /// It may have been done.
    Lost(String),
}

fn read(file: &Path) -> Result<Secret, Failure> {
    secret_file::read_or_make(file).map_err(Failure::failed)
}
