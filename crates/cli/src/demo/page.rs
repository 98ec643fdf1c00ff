//! The demonstration's page: a chat sidebar in two windows that follow each other, made of the TypeScript client.
//!
//! It has a listener of its own, on this machine alone, whose origin the server is told to let end users call from. Who
//! loads the page is given a UserSig of the demonstration's one user, so requests that name another host than this
//! machine, as a foreign page could have a browser send, get nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use foldmark_client::{AccountImport, Client, Contact};
use foldmark_server::clock::Clock;
use foldmark_wire::usersig::NewUserSig;
use http::{StatusCode, header};
use serde_json::json;
use tokio::net::TcpListener;

use super::fill::make_group;
use crate::credentials::App;
use crate::failure::Failure;

/// The listener of the page.
pub(super) struct Page {
    listener: TcpListener,
    address: SocketAddr,
}

/// What the page is made of.
const FILES: [(&str, &str, &str); 11] = [
    ("/", HTML, include_str!("../../assets/demo/index.html")),
    ("/device.html", HTML, include_str!("../../assets/demo/device.html")),
    ("/page.css", "text/css; charset=utf-8", include_str!("../../assets/demo/page.css")),
    ("/device.js", SCRIPT, include_str!("../../assets/demo/device.js")),
    ("/client/index.js", SCRIPT, include_str!("../../assets/demo/client/index.js")),
    ("/client/client.js", SCRIPT, include_str!("../../assets/demo/client/client.js")),
    ("/client/contact.js", SCRIPT, include_str!("../../assets/demo/client/contact.js")),
    ("/client/error.js", SCRIPT, include_str!("../../assets/demo/client/error.js")),
    ("/client/events.js", SCRIPT, include_str!("../../assets/demo/client/events.js")),
    ("/client/mirror.js", SCRIPT, include_str!("../../assets/demo/client/mirror.js")),
    ("/client/watch.js", SCRIPT, include_str!("../../assets/demo/client/watch.js")),
];
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The user of the page.
const USER: &str = "ana";
/// Those whom she has conversations with.
const PEOPLE: [&str; 6] = ["ben", "chen", "dora", "emeka", "fatima", "goran"];
/// Her folders at the start.
const GROUPS: [(&str, &[&str]); 2] = [("Work", &["ben", "chen", "emeka"]), ("Family", &["dora", "chen"])];

/// How long a UserSig of the page is good, in seconds; the page asks for another one then.
const SIGNED_FOR: u64 = 3_600;

impl Page {
    /// Takes a port.
    pub(super) async fn bind() -> Result<Page, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Failure::failed)?;
        let address = listener.local_addr().map_err(Failure::failed)?;
        Ok(Page { listener, address })
    }

    /// Where pages of this listener come from.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves the page for ever. `url` is where the calls are served.
    pub(super) async fn serve(self, url: String, app: App) -> Result<(), Failure> {
        let shared = Shared { address: self.address, url, app };
        let router = Router::new().fallback(answer).with_state(Arc::new(shared));
        axum::serve(self.listener, router).await.map_err(Failure::failed)
    }
}

/// Makes the page's users and folders.
pub(super) async fn fill(client: &Client) -> Result<(), Failure> {
    let accounts: Vec<_> = [USER].iter().chain(&PEOPLE).map(|name| AccountImport::new(*name)).collect();
    if let Some(refused) = client.accounts_import(&accounts).await?.fail_accounts.first() {
        return Err(Failure::failed(format!("{refused} was not imported")));
    }
    for (name, members) in GROUPS {
        let members: Vec<_> = members.iter().map(|name| Contact::user(*name)).collect();
        make_group(client, USER, name, &members).await?;
    }
    Ok(())
}

struct Shared {
    address: SocketAddr,
    url: String,
    app: App,
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if host != shared.address.to_string() && host != format!("localhost:{}", shared.address.port()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    match request.uri().path() {
        "/demo.json" => ([(header::CACHE_CONTROL, "no-store")], described(&shared)).into_response(),
        path => match FILES.iter().find(|(of_file, ..)| *of_file == path) {
            Some((_, content_type, text)) => ([(header::CONTENT_TYPE, *content_type)], *text).into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
    }
}

/// What the page needs to call.
fn described(shared: &Shared) -> String {
    let usersig = NewUserSig {
        sdkappid: shared.app.sdkappid,
        key: shared.app.key.expose().as_bytes(),
        identifier: USER,
        now: Clock::system().unix_seconds(),
        expire: SIGNED_FOR,
        userbuf: None,
    };
    let described = json!({
        "baseUrl": shared.url,
        "sdkappid": shared.app.sdkappid,
        "user": USER,
        "usersig": usersig.make(),
        "people": PEOPLE,
    });
    described.to_string()
}
