//! Who wants to watch whom, and whether he may.

use std::borrow::Cow;
use std::net::IpAddr;

use foldmark_core::subject::{AppId, UserId};
use foldmark_wire::query::{Query, parameter};
use foldmark_wire::{CallName, Code, Fault};
use http::{HeaderMap, Method, Request};

use super::hub::Whose;
use crate::apps::App;
use crate::gate::{Gate, admit_end_user};
use crate::guards::no_guard;

/// A watch that was asked for by somebody who may have it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) app: AppId,
    /// `None`: the whole application.
    pub(super) user: Option<String>,
    /// Where to go on.
    pub(super) cursor: Option<String>,
    /// On whose behalf, as it was in the beginning.
    pub(super) whose: Whose,
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
    /// Looks at everything in the order of the calls: address, method, query, application, UserSig, rate, right,
    /// what is not possible here.
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
        if let Some(rates) = app.end_user(&query.identifier) {
            admit_end_user(&live, rates, CallName::GetChanges, &query.identifier, request.headers())?;
        }
        if !app.admits_watch() {
            return Err(Fault::new(Code::CallRate, "too many watches begun in a second"));
        }
        let unguarded = no_guard("watch", &query, request.headers());
        let user = parameter(raw, "From_Account")?.map(Cow::into_owned);
        let cursor = parameter(raw, "Cursor")?.map(Cow::into_owned);
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
            whose: whose(&app, &caller),
            caller,
        };
        asked.caller.check_right(&app, &asked)?;
        unguarded?;
        Ok(asked)
    }
}

/// What an operator asks for in the console, who was looked at before and signs by the application's key.
#[derive(Debug)]
pub(crate) struct ByOperator {
    pub(crate) from: IpAddr,
    pub(crate) identifier: String,
    pub(crate) usersig: String,
    /// `None`: the whole application.
    pub(crate) user: Option<String>,
    pub(crate) cursor: Option<String>,
}

impl Asked {
    /// Looks at what is left to be looked at: user, rate, right.
    pub(super) fn by_operator(app: &App, by: ByOperator) -> Result<Asked, Fault> {
        if !app.admits_watch() {
            return Err(Fault::new(Code::CallRate, "too many watches begun in a second"));
        }
        if let Some(user) = &by.user {
            UserId::parse(user)
                .map_err(|error| Fault::new(Code::Parameter, format!("From_Account in the URL {error}")))?;
        }
        let caller = Caller { from: by.from, identifier: by.identifier, usersig: by.usersig };
        let whose = whose(app, &caller);
        let asked = Asked { app: app.id, user: by.user, cursor: by.cursor, whose, caller };
        asked.caller.check_right(app, &asked)?;
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
        let may =
            app.is_administrator(&self.identifier) || (is_own && app.end_user(&self.identifier).is_some());
        if may { Ok(()) } else { Err(CallName::GetChanges.not_administrator_code().into()) }
    }
}

fn whose(app: &App, caller: &Caller) -> Whose {
    match app.is_administrator(&caller.identifier) {
        true => Whose::Administrator,
        false => Whose::User,
    }
}

/// What a browser sends when it comes back.
fn last_event(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("last-event-id")?.to_str().ok()?.to_owned())
}
