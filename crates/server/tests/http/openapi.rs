//! The description of the calls, as a server gives it.

use std::path::Path;

use http::Request;

use crate::support::Fixture;

#[tokio::test]
async fn everyone_is_given_the_document_of_the_repository() {
    let fixture = Fixture::new().await;
    let uri = format!("http://{}/openapi.json", fixture.admin());
    let answer = fixture.exchange(Request::get(uri).body(Default::default()).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    assert!(answer.text == std::fs::read_to_string(kept).unwrap(), "UPDATE_EXPECT=1 accepts a change");

    let uri = format!("http://{}/openapi.json", fixture.address());
    let answer = fixture.exchange(Request::get(uri).body(Default::default()).unwrap()).await;
    assert!(answer.text.contains("60009"), "the listener of the calls has nothing but calls");
}
