//! Operators' calls about backups. The admin listener lets nobody through who does not show the admin token.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{StreamExt, poll_fn};
use http::{StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::status::Kept;
use super::{BackupError, Backups};
use crate::{limits, utc};

/// Bytes that are read from a backup at a time, and how often that may wait for who fetches it.
const CHUNK_BYTES: usize = 256 << 10;
const CHUNKS: usize = 4;

/// The routes.
pub(crate) fn router<S>(backups: Arc<Backups>) -> Router<S> {
    Router::new()
        .route("/v1/backup", get(fetch).post(keep))
        .route("/v1/backups", get(list))
        .with_state(backups)
}

/// Makes a backup and sends it. It is kept nowhere.
async fn fetch(State(backups): State<Arc<Backups>>) -> Response {
    let (mut file, bytes) = match backups.pass().await {
        Ok(made) => made,
        Err(error) => return refuse(&error),
    };
    if let Err(error) = std::io::Seek::rewind(&mut file) {
        return refuse(&error.into());
    }
    let (sender, mut chunks) = mpsc::channel(CHUNKS);
    let tasks = backups.source.tasks.clone();
    let reading = tasks.clone();
    tasks.start(async move {
        // Whoever does not take it for long gets no more of it: it keeps its room on the disk.
        let mut left = Some(file);
        while let Some(mut file) = left.take() {
            let read = reading.blocking(move || {
                let mut chunk = vec![0; CHUNK_BYTES];
                let read = file.read(&mut chunk)?;
                chunk.truncate(read);
                Ok::<_, std::io::Error>((file, Bytes::from(chunk)))
            });
            let chunk = match read.await {
                Some(Ok((_, chunk))) if chunk.is_empty() => return,
                Some(Ok((file, chunk))) => {
                    left = Some(file);
                    Ok(chunk)
                }
                Some(Err(error)) => Err(error),
                None => return,
            };
            tokio::select! {
                sent = sender.send_timeout(chunk, limits::BACKUP_PATIENCE) => {
                    if sent.is_err() {
                        return;
                    }
                }
                () = reading.stopping() => return,
            }
        }
    });
    let body = Body::from_stream(poll_fn(move |context| chunks.poll_recv(context)).fuse());
    let headers =
        [(header::CONTENT_TYPE, "application/x-tar".to_owned()), (header::CONTENT_LENGTH, bytes.to_string())];
    (headers, body).into_response()
}

/// Makes a backup in the configured folder, and answers when it is there.
async fn keep(State(backups): State<Arc<Backups>>) -> Response {
    let (sender, made) = oneshot::channel();
    // It is made to its end, and counted, whether or not the caller waits for it.
    let tasks = backups.source.tasks.clone();
    tasks.start(async move {
        let _ = sender.send(backups.keep().await);
    });
    match made.await {
        Ok(Ok(kept)) => reply(&shown(&kept)),
        Ok(Err(error)) => refuse(&error),
        Err(_) => refuse(&BackupError::Stopping),
    }
}

/// What is in the configured folder, and how the last ones went.
async fn list(State(backups): State<Arc<Backups>>) -> Response {
    if !backups.has_folder() {
        return refuse(&BackupError::NoFolder);
    }
    let Some(listed) = backups.listed().await else {
        return refuse(&BackupError::Stopping);
    };
    let status = backups.status();
    let failed =
        status.failed.map(|failed| json!({ "Time": utc::to_text(failed.time), "Reason": failed.reason }));
    reply(&json!({
        "Folder": listed.folder,
        "Backups": listed.backups.iter().map(shown).collect::<Vec<Value>>(),
        "LastSuccess": status.succeeded.as_ref().map(shown),
        "LastFailure": failed,
        "Running": status.running,
    }))
}

fn shown(kept: &Kept) -> Value {
    let mut value = json!({ "Name": kept.name, "Time": utc::to_text(kept.time), "Bytes": kept.bytes });
    if let Some(seconds) = kept.seconds {
        value["Seconds"] = json!(Duration::from_secs_f64(seconds).as_millis() as f64 / 1_000.0);
    }
    if let Some(manifest) = &kept.manifest {
        value["Users"] = json!(manifest.users);
        value["ChatGroups"] = json!(manifest.chat_groups);
    }
    value
}

fn reply(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn refuse(error: &BackupError) -> Response {
    let status = match error {
        BackupError::Busy => StatusCode::CONFLICT,
        BackupError::NoFolder => StatusCode::NOT_FOUND,
        BackupError::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        BackupError::NoRoom { .. } => StatusCode::INSUFFICIENT_STORAGE,
        BackupError::Io(_) | BackupError::Data(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, format!("{error}\n")).into_response()
}
