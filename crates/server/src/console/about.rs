//! Pages and forms about one application: the extractors that give their handlers the application itself. One that is
//! not configured is answered here, by a page that says so, and no handler sees it.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::request::Parts;

use super::Console;
use super::fields::Fields;
use super::frame;
use super::guard::{Change, Operator};
use crate::apps::App;

/// Somebody who is signed in looks at a page about an application.
#[derive(Debug)]
pub(super) struct AppPage {
    pub(super) operator: Operator,
    pub(super) app: Arc<App>,
}

/// A form about an application, which was sent by somebody who may change things.
#[derive(Debug)]
pub(super) struct AppForm {
    pub(super) operator: Operator,
    pub(super) app: Arc<App>,
    pub(super) fields: Fields,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<Arc<Console>> for AppPage {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<AppPage, Response> {
        let operator = Operator::from_request_parts(parts, console).await?;
        let number = number(parts, console).await?;
        let app = find(console, &operator, number).map_err(|page| *page)?;
        Ok(AppPage { operator, app })
    }
}

impl FromRequest<Arc<Console>> for AppForm {
    type Rejection = Response;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<AppForm, Response> {
        let (mut parts, body) = request.into_parts();
        let number = number(&mut parts, console).await?;
        let request = Request::from_parts(parts, body);
        let Change { operator, fields, headers } = Change::from_request(request, console).await?;
        let app = find(console, &operator, number).map_err(|page| *page)?;
        Ok(AppForm { operator, app, fields, headers })
    }
}

/// The number in the address.
async fn number(parts: &mut Parts, console: &Arc<Console>) -> Result<u32, Response> {
    let found = Path::<u32>::from_request_parts(parts, console).await;
    found.map(|Path(number)| number).map_err(IntoResponse::into_response)
}

/// The application of this number, or the page that says that there is none.
pub(super) fn find(console: &Console, operator: &Operator, number: u32) -> Result<Arc<App>, Box<Response>> {
    let found = console.admin.gate.app(number);
    found.ok_or_else(|| Box::new(frame::not_found_app(console, operator, number)))
}
