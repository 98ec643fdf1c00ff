//! What operators ask about webhooks and do about dead letters, on the admin listener.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Act, By, Webhooks, from_cursor};
use crate::admin::{json as reply, plain, unknown};
use crate::limits;
use crate::request_id;

/// The routes.
pub(crate) fn router<S>(webhooks: Arc<Webhooks>) -> Router<S> {
    Router::new()
        .route("/v1/webhooks", get(list))
        .route("/v1/webhooks/dead", get(dead))
        .route("/v1/webhooks/again", post(again))
        .route("/v1/webhooks/forget", post(forget))
        .with_state(webhooks)
}

/// How the webhooks of each application with a receiver go.
async fn list(State(webhooks): State<Arc<Webhooks>>) -> Response {
    let apps = webhooks.apps().map(|(app, url)| {
        let status = webhooks.status(app);
        let failure = status.last_failure.map(|(time, note)| json!({ "Time": time, "Note": note }));
        json!({
            "SdkAppid": app.get(),
            "Url": url,
            "Delivers": status.leads,
            "Waiting": status.waiting,
            "Delivered": status.delivered,
            "Failed": status.failed,
            "GivenUp": status.given_up,
            "Dead": status.dead,
            "LastDelivery": status.last_delivery,
            "LastFailure": failure,
            "FailingSince": status.failing_since,
        })
    });
    reply(&json!({ "Apps": apps.collect::<Vec<Value>>() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeadQuery {
    sdkappid: u32,
    cursor: Option<String>,
}

/// One page of the dead letters of an application.
async fn dead(State(webhooks): State<Arc<Webhooks>>, Query(query): Query<DeadQuery>) -> Response {
    let Some(app) = webhooks.known(query.sdkappid) else { return unknown(query.sdkappid) };
    let Some(from) = from_cursor(query.cursor.as_deref()) else {
        return plain(StatusCode::BAD_REQUEST, "cursor is not one that this server gave");
    };
    let page = match webhooks.dead_letters(app, &from, limits::WEBHOOK_LOOK_USERS).await {
        Ok(page) => page,
        Err(error) => return unavailable(&error),
    };
    let letters = page.letters.iter().map(|letter| {
        json!({
            "From_Account": letter.user,
            "Since": letter.first.get() - 1,
            "Revision": letter.last.get(),
            "Time": letter.time,
            "Note": letter.note,
        })
    });
    reply(&json!({ "DeadLetters": letters.collect::<Vec<Value>>(), "Next": page.cursor() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    sdkappid: u32,
    /// All users if it is left out.
    from_account: Option<String>,
}

/// Has dead letters told again. Answers with how many.
async fn again(
    State(webhooks): State<Arc<Webhooks>>,
    Query(chosen): Query<Chosen>,
    from: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    carry_out(&webhooks, &chosen, Act::TellAgain, by(from, &headers)).await
}

/// Takes dead letters away. Answers with how many.
async fn forget(
    State(webhooks): State<Arc<Webhooks>>,
    Query(chosen): Query<Chosen>,
    from: ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    carry_out(&webhooks, &chosen, Act::Forget, by(from, &headers)).await
}

fn by(ConnectInfo(from): ConnectInfo<SocketAddr>, headers: &HeaderMap) -> By<'_> {
    By { address: from.ip().to_canonical(), console: None, request_id: request_id::given(headers) }
}

async fn carry_out(webhooks: &Webhooks, chosen: &Chosen, act: Act, by: By<'_>) -> Response {
    let Some(app) = webhooks.known(chosen.sdkappid) else { return unknown(chosen.sdkappid) };
    match webhooks.act(app, chosen.from_account.as_deref(), act, by).await {
        Ok(count) => reply(&json!({ "Count": count })),
        Err(error) => unavailable(&error),
    }
}

fn unavailable(error: &dyn std::error::Error) -> Response {
    plain(StatusCode::SERVICE_UNAVAILABLE, &error.to_string())
}
