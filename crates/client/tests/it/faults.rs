//! What is repeated and what is not, and how failures are told apart.

use std::time::Duration;

use foldmark_client::{CallName, Client, Code, Contact, Error, MarkItem, Reply};
use futures_util::TryStreamExt;

use crate::support::{Faulty, OK, Step, builder, timed};

const INTERNAL: Step = Step::Answer(200, r#"{"ActionStatus":"FAIL","ErrorCode":50004,"ErrorInfo":"later"}"#);
const RATE: Step = Step::Answer(200, r#"{"ActionStatus":"FAIL","ErrorCode":60007,"ErrorInfo":"slower"}"#);
const NO_GATEWAY: Step = Step::Answer(502, "<html>");

fn client(server: &Faulty) -> Client {
    builder(&server.url).build().unwrap()
}

async fn read(client: &Client) -> Result<(), Error> {
    client.search_contact_group("user", &[]).await.map(drop_reply)
}

async fn write(client: &Client) -> Result<(), Error> {
    let mark = MarkItem::setting(Contact::user("user"), 1);
    client.mark_contact("user", &[mark]).await.map(drop_reply)
}

fn drop_reply<T>(_: Reply<T>) {}

#[tokio::test]
async fn a_read_is_made_again_after_every_passing_failure() {
    let server = Faulty::start(&[Step::Close, INTERNAL, NO_GATEWAY, OK]);
    read(&client(&server)).await.unwrap();
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn repeats_are_bounded() {
    let server = Faulty::start(&[INTERNAL]);
    let error = read(&client(&server)).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Internal));
    assert_eq!(server.requests(), 4);
    let once = builder(&server.url).retries(0).build().unwrap();
    assert!(read(&once).await.is_err());
    assert_eq!(server.requests(), 5);
}

#[tokio::test]
async fn a_write_of_unknown_outcome_is_not_made_again() {
    for step in [&[Step::Close], &[INTERNAL], &[NO_GATEWAY]] {
        let server = Faulty::start(step);
        let error = write(&client(&server)).await.unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert_eq!(server.requests(), 1, "{error}");
    }
}

#[tokio::test]
async fn a_write_that_changed_nothing_is_made_again() {
    let server = Faulty::start(&[RATE, RATE, OK]);
    write(&client(&server)).await.unwrap();
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn a_write_that_was_never_sent_is_made_again() {
    let server = Faulty::start_after(Duration::from_millis(60), &[OK]);
    let once = builder(&server.url).retries(0).build().unwrap();
    let error = write(&once).await.unwrap_err();
    assert!(matches!(error, Error::Connect { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
    let patient = builder(&server.url).retries(10).build().unwrap();
    write(&patient).await.unwrap();
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_late_answer_is_a_time_out() {
    let server = Faulty::start(&[Step::Stall, OK]);
    let hasty = builder(&server.url).timeout(Duration::from_millis(200)).retries(0).build().unwrap();
    let error = write(&hasty).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!(error.to_string(), "no answer within 200 ms");

    let server = Faulty::start(&[Step::Stall, OK]);
    let patient = builder(&server.url).timeout(Duration::from_secs(3)).build().unwrap();
    read(&patient).await.unwrap();
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_deadline_holds_for_all_tries() {
    // Twenty repeats would take many seconds. The first pause, of 500 ms at most, is within this, and the second, of
    // at least 500 ms, is not.
    let server = Faulty::start(&[RATE]);
    let deadline = Duration::from_millis(740);
    let hurried = builder(&server.url).retries(20).deadline(deadline).build().unwrap();
    let (outcome, time) = timed(write(&hurried)).await;
    // The failure that is known is told, not that there was no time left.
    assert_eq!(outcome.unwrap_err().code(), Some(Code::CallRate));
    assert!((2..20).contains(&server.requests()), "{}", server.requests());
    // It has not waited for a further try; the answer to the last one may have come late.
    assert!(time < deadline + Duration::from_secs(4), "{time:?}");

    // A try gets what is left.
    let server = Faulty::start(&[Step::Stall]);
    let limit_of_all = Duration::from_secs(2);
    let hurried = builder(&server.url).deadline(limit_of_all).build().unwrap();
    let error = read(&hurried).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { limit } if limit <= limit_of_all), "{error}");
    assert_eq!(server.requests(), 1);
    let error = hurried.call_raw(CallName::AccountCheck, "{}").await.unwrap_err();
    assert!(matches!(error, Error::Timeout { limit } if limit == limit_of_all), "{error}");
}

#[tokio::test]
async fn the_user_agent_is_ours_or_theirs() {
    let server = Faulty::start(&[OK]);
    read(&client(&server)).await.unwrap();
    let ours = concat!("user-agent: foldmark-client/", env!("CARGO_PKG_VERSION"), "\r\n");
    assert!(server.last_head().contains(ours), "{}", server.last_head());
    let named = builder(&server.url).user_agent("back-office/2.1").build().unwrap();
    read(&named).await.unwrap();
    assert!(server.last_head().contains("user-agent: back-office/2.1\r\n"), "{}", server.last_head());
}

#[tokio::test]
async fn what_is_no_answer_is_malformed() {
    for step in [&[Step::Answer(200, "<html>")], &[Step::Answer(200, "{}")], &[Step::Answer(200, "")]] {
        let server = Faulty::start(step);
        let error = read(&client(&server)).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error}");
        assert_eq!(server.requests(), 1);
    }
}

#[tokio::test]
async fn a_server_that_pages_in_circles_is_found_out() {
    const CIRCLE: Step = Step::Answer(
        200,
        r#"{"ContactItem":[],"GroupItem":[],"CompleteFlag":0,"NextStartIndex":7,"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}"#,
    );
    let server = Faulty::start(&[CIRCLE]);
    let client = client(&server);
    let error = client.pages("user").try_collect::<Vec<_>>().await.unwrap_err();
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
    assert_eq!(server.requests(), 2);
}
