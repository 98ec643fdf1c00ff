//! Who wants to watch whom, and whether he may.

use std::net::IpAddr;

use foldmark_core::subject::{AppId, UserId};
use foldmark_wire::query::Query;
use foldmark_wire::{CallName, Code, Fault};
use http::{HeaderMap, Method, Request};

use crate::apps::App;
use crate::gate::{Gate, admit_end_user};

/// A watch that was asked for by somebody who may have it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) app: AppId,
    /// `None`: the whole application.
    pub(super) user: Option<String>,
    /// Where to go on.
    pub(super) cursor: Option<String>,
    pub(super) caller: Caller,
}

/// Who watches.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) from: IpAddr,
    pub(super) identifier: String,
    usersig: String,
}

impl Asked {
    /// Looks at everything in the order of the calls: address, method, query, application, UserSig, rate, right.
    pub(super) fn of<B>(gate: &Gate, from: IpAddr, request: &Request<B>) -> Result<Asked, Fault> {
        let live = gate.live();
        if !live.clients.admits(from) {
            return Err(Code::AddressNotAllowed.into());
        }
        if request.method() != Method::GET {
            return Err(Fault::new(Code::HttpParse, "HTTP parse Error: the method must be GET"));
        }
        let raw = request.uri().query().unwrap_or_default();
        let query = Query::parse(raw)?;
        let app = gate.app(query.sdkappid).ok_or_else(|| Fault::from(Code::NoSuchApplication))?;
        if !app.admits_client(from) {
            return Err(Code::AddressNotAllowed.into());
        }
        gate.auth().check(&app, &query.identifier, &query.usersig, from)?;
        if let Some(rates) = app.end_user(&query.identifier, CallName::GetChanges) {
            admit_end_user(&live, rates, &query.identifier, request.headers())?;
        }
        if !app.admits(CallName::GetChanges) {
            return Err(Fault::new(Code::CallRate, "too many watches begun in a second"));
        }
        let mut user = None;
        let mut cursor = None;
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let target = match name.as_ref() {
                "From_Account" => &mut user,
                "Cursor" => &mut cursor,
                _ => continue,
            };
            target.get_or_insert(value.into_owned());
        }
        if let Some(user) = &user {
            UserId::parse(user)
                .map_err(|error| Fault::new(Code::Parameter, format!("From_Account in the URL {error}")))?;
        }
        let caller =
            Caller { from, identifier: query.identifier.into_owned(), usersig: query.usersig.into_owned() };
        let asked = Asked {
            app: app.id,
            user,
            cursor: last_event(request.headers()).or(cursor).filter(|cursor| !cursor.is_empty()),
            caller,
        };
        asked.caller.check_right(&app, &asked)?;
        Ok(asked)
    }
}

impl Caller {
    /// Whether he may still watch: his UserSig is not expired, its key is accepted, and he has the right.
    pub(super) fn check(&self, gate: &Gate, asked: &Asked) -> Result<(), Fault> {
        let app = gate.app(asked.app.get()).ok_or_else(|| Fault::from(Code::NoSuchApplication))?;
        gate.auth().check(&app, &self.identifier, &self.usersig, self.from)?;
        self.check_right(&app, asked)
    }

    fn check_right(&self, app: &App, asked: &Asked) -> Result<(), Fault> {
        let is_own = asked.user.as_ref() == Some(&self.identifier);
        let may = app.is_administrator(&self.identifier)
            || (is_own && app.end_user(&self.identifier, CallName::GetChanges).is_some());
        if may { Ok(()) } else { Err(CallName::GetChanges.not_administrator_code().into()) }
    }
}

/// What a browser sends when it comes back.
fn last_event(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("last-event-id")?.to_str().ok()?.to_owned())
}
