//! The operators' listener: health checks.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use tokio::net::TcpListener;

use crate::gate::Gate;
use crate::tasks::Tasks;

/// Serves `/healthz/live` and `/healthz/ready` until the server stops.
pub(crate) async fn serve(listener: TcpListener, gate: Arc<Gate>, tasks: Tasks) {
    let router = Router::new()
        .route("/healthz/live", get(|| async { "live\n" }))
        .route("/healthz/ready", get(ready))
        .with_state(gate);
    let stopping = async move { tasks.stopping().await };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopping).await {
        tracing::error!(%error, "the admin listener ended");
    }
}

/// 200 if calls can be served, 503 with the reason if not.
async fn ready(State(gate): State<Arc<Gate>>) -> (StatusCode, String) {
    match gate.executor().store().ready().await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {error}\n")),
    }
}
