//! What was answered is there after the server stopped and started again.

use crate::support::{Fixture, settings_in};

#[tokio::test]
async fn a_restart_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_in(&folder.path().join("data"), "");
    let fixture = Fixture::start(&settings).await;
    fixture.sample_peers().await;
    let create = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"g","ContactItem":[{"Type":2,"ToGroupId":"@TGS#1B2AUI7RZ"}]}]}"#;
    fixture.call("recentcontact/create_contact_group", create).await.ok();
    let get = r#"{"From_Account":"user_0001"}"#;
    let before = fixture.call("recentcontact/get_contact_group", get).await;
    fixture.stop().await;

    let fixture = Fixture::start(&settings).await;
    let after = fixture.call("recentcontact/get_contact_group", get).await;
    assert_eq!(
        (before.text, before.headers.get("foldmark-revision")),
        (after.text, after.headers.get("foldmark-revision"))
    );
    fixture.stop().await;
}
