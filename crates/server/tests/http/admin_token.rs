//! Where the token of operators is kept.

use std::os::unix::fs::PermissionsExt;

use http::{Request, header};

use crate::support::{APP, Answer, Fixture, settings_in, settings_in_memory};

async fn count(fixture: &Fixture, token: &str) -> Answer {
    let uri = format!("http://{}/v1/subjects/count?sdkappid={APP}&kind=users", fixture.admin());
    let request = Request::get(uri).header(header::AUTHORIZATION, format!("Bearer {token}"));
    fixture.exchange(request.body(Default::default()).unwrap()).await
}

#[tokio::test]
async fn in_memory_there_is_none_unless_a_file_is_configured() {
    let fixture = Fixture::start(&settings_in_memory("")).await;
    let answer = count(&fixture, "any").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text.contains("admin.token_file"), "{}", answer.text);
    fixture.stop().await;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "chosen by the operator\n").unwrap();
    let mut settings = settings_in_memory("");
    settings.admin.token_file = Some(file);
    let fixture = Fixture::start(&settings).await;
    assert_eq!(count(&fixture, "chosen by the operator").await.status, 200);
    assert_eq!(count(&fixture, "any").await.status, 401);
    fixture.stop().await;
}

#[tokio::test]
async fn it_is_made_with_the_data_for_the_owner_alone_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_in(&folder.path().join("data"), "");
    let fixture = Fixture::start(&settings).await;
    let file = folder.path().join("data").join("admin.token");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let token = std::fs::read_to_string(&file).unwrap();
    assert!(token.trim().len() >= 32, "it cannot be guessed");
    assert_eq!(count(&fixture, token.trim()).await.status, 200);
    fixture.stop().await;

    let fixture = Fixture::start(&settings).await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), token, "a restart keeps it");
    assert_eq!(count(&fixture, token.trim()).await.status, 200);
    fixture.stop().await;
}
