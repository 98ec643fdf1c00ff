//! Where the clients can be used, and what they say elsewhere: they refuse, and never panic.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use foldmark_client::Error;

use crate::support::{builder, real, url};

#[test]
fn the_asynchronous_client_says_that_it_needs_a_runtime() {
    let client = builder("http://127.0.0.1:1").build().unwrap();
    let call = pin!(client.account_import("user_0001"));
    let Poll::Ready(outcome) = call.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("there is nothing to wait for");
    };
    let error = outcome.unwrap_err();
    assert!(matches!(error, Error::Runtime { .. }), "{error:?}");
    assert!(!error.is_retryable() && !error.is_outcome_unknown());
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a thread of the runtime is where the call is refused")]
async fn the_blocking_client_refuses_to_hold_a_runtime_up() {
    let (server, _) = real(&[]).await;
    let url = url(&server);
    let client = builder(&url).build_blocking().unwrap();
    let refused = |outcome: Result<(), Error>| {
        assert!(matches!(outcome, Err(Error::Runtime { .. })), "{outcome:?}");
    };
    refused(client.account_import("user_0001").map(drop));
    refused(client.records("user_0001").next().unwrap().map(drop));
    let mut records = client.records("user_0001");
    assert!(records.next().is_some_and(|first| first.is_err()) && records.next().is_none());
    let elsewhere = client.clone();
    refused(
        tokio::task::spawn_blocking(move || elsewhere.account_import("user_0001").map(drop)).await.unwrap(),
    );

    // On a thread of its own it works, while its maker is a runtime.
    let elsewhere = client.clone();
    let (done, wait) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || done.send(elsewhere.account_import("user_0001").map(drop)));
    wait.await.unwrap().unwrap();
    thread.join().unwrap().unwrap();
    // The last clones go here, inside of the runtime.
    drop(records);
    drop(client);
    assert!(server.stop().await);
}
