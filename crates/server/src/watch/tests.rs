//! Watches on a store in memory, while time stands still and moves when nothing else does.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use foldmark_wire::usersig::NewUserSig;
use futures_util::FutureExt;
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{ByOperator, WatchBody, Watches};
use crate::clock::Clock;
use crate::gate::Gate;
use crate::limits::WATCH_BEAT;
use crate::tasks::Tasks;
use crate::testing::{APP, gate, put};

/// For how long the UserSigs of these tests hold.
const VALIDITY: Duration = Duration::from_secs(600);
/// Less than any time that is told apart here.
const MOMENT: Duration = Duration::from_millis(1);

/// Begins to watch a user, or the whole application.
fn watch(gate: &Arc<Gate>, clock: &Clock, user: Option<&str>, cursor: Option<&str>) -> WatchBody {
    let app = gate.app(APP).unwrap();
    let signed = NewUserSig {
        sdkappid: APP,
        key: app.keys[0].expose().as_bytes(),
        identifier: "administrator",
        now: clock.unix_seconds(),
        expire: VALIDITY.as_secs(),
        userbuf: None,
    };
    let by = ByOperator {
        from: IpAddr::V4(Ipv4Addr::LOCALHOST),
        identifier: "administrator".to_owned(),
        usersig: signed.make(),
        user: user.map(str::to_owned),
        cursor: cursor.map(str::to_owned),
    };
    let watches = Watches { gate: Arc::clone(gate), tasks: Tasks::default() };
    watches.open_for_operator(&app, by).unwrap()
}

/// What is told next; empty at the end.
async fn next(body: &mut WatchBody) -> String {
    let Some(frame) = body.frame().await else { return String::new() };
    let bytes = frame.unwrap().into_data().unwrap();
    str::from_utf8(&bytes).unwrap().to_owned()
}

/// What is told without any waiting.
fn now(body: &mut WatchBody) -> Option<String> {
    next(body).now_or_never()
}

#[tokio::test(start_paused = true)]
async fn who_is_told_nothing_hears_something_every_so_often() {
    let (gate, clock) = gate();
    put(&gate, "alice", true, 3).await;
    for user in [Some("alice"), None] {
        let mut body = watch(&gate, &clock, user, None);
        assert!(now(&mut body).unwrap().starts_with("retry: 1000\nid: "), "all is told at once");
        for _ in 0..3 {
            assert!(timeout(WATCH_BEAT - MOMENT, next(&mut body)).await.is_err());
            assert_eq!(timeout(MOMENT * 2, next(&mut body)).await.as_deref(), Ok(":\n\n"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_somebody_quiet_ends_with_its_usersig() {
    let (gate, clock) = gate();
    put(&gate, "alice", true, 3).await;
    for user in [Some("alice"), None] {
        let mut body = watch(&gate, &clock, user, None);
        now(&mut body).unwrap();
        assert!(now(&mut body).is_none(), "it waits for news");
        clock.advance(VALIDITY + Duration::from_secs(1));
        let ending = async {
            assert_eq!(next(&mut body).await, ":\n\n");
            next(&mut body).await
        };
        let end = timeout(WATCH_BEAT + MOMENT, ending).await.expect("it is noticed within a beat");
        assert!(end.starts_with("event: end\ndata: {") && end.contains("\"ErrorCode\":70001"), "{end}");
        assert_eq!(next(&mut body).await, "");
        drop(body);
        assert_eq!(gate.executor().hub().watchers(), 0, "its place is free");
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_that_nobody_knows_is_a_new_beginning_at_once() {
    let (gate, clock) = gate();
    put(&gate, "alice", true, 3).await;
    let mut body = watch(&gate, &clock, Some("alice"), Some("somewhere"));
    let first = now(&mut body).unwrap();
    assert!(first.contains("event: changes\n") && first.contains("\"Reset\":true"), "{first}");
}
