//! Backups on a schedule, and the operators' calls about them.

use std::path::Path;
use std::time::Duration;

use foldmark_server::config::{BackupSettings, Settings};
use http::{Method, Request, header};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Answer, Fixture, settings_in_memory};

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// A server that keeps two backups a day apart in `backups`.
struct Operator {
    fixture: Fixture,
    folder: TempDir,
}

fn settings(folder: &Path) -> Settings {
    let mut settings = settings_in_memory("");
    std::fs::write(folder.join("token"), "the token\n").unwrap();
    settings.admin.token_file = Some(folder.join("token"));
    settings.backup = Some(BackupSettings { folder: folder.join("backups"), every: DAY, keep: 2 });
    settings
}

impl Operator {
    async fn new() -> Operator {
        let folder = tempfile::tempdir().unwrap();
        let fixture = Fixture::start(&settings(folder.path())).await;
        Operator { fixture, folder }
    }

    async fn send(&self, method: Method, path: &str, token: &str) -> Answer {
        let uri = format!("http://{}{path}", self.fixture.admin());
        let request = Request::builder().method(method).uri(uri);
        let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.fixture.exchange(request.body(Default::default()).unwrap()).await
    }

    async fn list(&self) -> Value {
        let answer = self.send(Method::GET, "/v1/backups", "the token").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// What `/metrics` says under this name.
    async fn figure(&self, name: &str) -> Option<f64> {
        let answer = self.send(Method::GET, "/metrics", "").await;
        answer.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
    }

    /// Waits until the newest backup has this name, and gives the list.
    async fn wait_for(&self, name: &str) -> Value {
        for _ in 0..400 {
            let list = self.list().await;
            if list["LastSuccess"]["Name"] == name && list["Running"] == false {
                return list;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no {name}: {}", self.list().await);
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join("backups")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    }
}

#[tokio::test]
async fn backups_are_made_when_due_and_the_oldest_go() {
    let operator = Operator::new().await;
    operator.fixture.import(&["ann", "bob"]).await;
    // There is none yet, so one is due at once.
    let list = operator.wait_for("foldmark-20260403T115000Z.tar").await;
    assert_eq!(list["LastFailure"], Value::Null);
    let begun = operator.figure("foldmark_backup_last_success_timestamp_seconds").await;
    assert_eq!(begun, Some(crate::support::NOW as f64));
    assert!(operator.figure("foldmark_backup_bytes").await.is_some_and(|bytes| bytes > 0.0));
    assert_eq!(operator.figure("foldmark_backup_failures_total").await, Some(0.0));
    operator.fixture.clock.advance(DAY);
    let list = operator.wait_for("foldmark-20260404T115000Z.tar").await;
    assert_eq!((&list["LastSuccess"]["Users"], list["Backups"].as_array().unwrap().len()), (&2.into(), 2));

    // One that is asked for counts like the others.
    operator.fixture.clock.advance(DAY / 2);
    let made = operator.send(Method::POST, "/v1/backup", "the token").await;
    assert_eq!((made.status.as_u16(), &made.json()["Name"]), (200, &"foldmark-20260404T235000Z.tar".into()));
    assert_eq!(operator.names(), ["foldmark-20260404T115000Z.tar", "foldmark-20260404T235000Z.tar"]);
    operator.fixture.clock.advance(DAY);
    operator.wait_for("foldmark-20260405T235000Z.tar").await;
    assert_eq!(operator.names(), ["foldmark-20260404T235000Z.tar", "foldmark-20260405T235000Z.tar"]);
    operator.fixture.stop().await;
}

#[tokio::test]
async fn the_newest_that_is_there_counts_as_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    for name in ["foldmark-20260403T114000Z.tar", "foldmark-20260402T120000Z.tar"] {
        std::fs::write(backups.join(name), "x").unwrap();
    }
    let fixture = Fixture::start(&settings(folder.path())).await;
    let operator = Operator { fixture, folder };
    assert_eq!(operator.list().await["LastSuccess"]["Name"], "foldmark-20260403T114000Z.tar");
    operator.fixture.stop().await;
}

#[tokio::test]
async fn one_that_was_missed_is_made_after_the_start_and_what_a_crash_left_goes() {
    let folder = tempfile::tempdir().unwrap();
    let backups = folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    for name in ["foldmark-20260331T120000Z.tar", "foldmark-20260401T120000Z.tar.partial", "mine.tar"] {
        std::fs::write(backups.join(name), "x").unwrap();
    }
    let fixture = Fixture::start(&settings(folder.path())).await;
    let operator = Operator { fixture, folder };
    operator.wait_for("foldmark-20260403T115000Z.tar").await;
    assert_eq!(
        operator.names(),
        ["foldmark-20260331T120000Z.tar", "foldmark-20260403T115000Z.tar", "mine.tar"]
    );
    operator.fixture.stop().await;
}

#[tokio::test]
async fn a_backup_that_cannot_be_made_is_told_of_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    // A file where the folder should be.
    std::fs::write(folder.path().join("backups"), "mine").unwrap();
    let fixture = Fixture::start(&settings(folder.path())).await;
    let operator = Operator { fixture, folder };
    // The schedule may be trying it just now.
    let refused = loop {
        let answer = operator.send(Method::POST, "/v1/backup", "the token").await;
        if answer.status != 409 {
            break answer;
        }
    };
    assert_eq!(refused.status, 500, "{refused:?}");
    assert!(refused.text.contains("cannot be written"), "{}", refused.text);
    let list = operator.list().await;
    assert!(list["LastFailure"]["Reason"].as_str().unwrap().contains("cannot be written"), "{list}");
    assert_eq!(list["LastSuccess"], Value::Null);
    assert!(operator.figure("foldmark_backup_failures_total").await.is_some_and(|failures| failures >= 1.0));
    assert_eq!(operator.figure("foldmark_backup_last_success_timestamp_seconds").await, None);

    std::fs::remove_file(operator.folder.path().join("backups")).unwrap();
    operator.fixture.clock.advance(Duration::from_secs(600));
    operator.wait_for("foldmark-20260403T120000Z.tar").await;
    operator.fixture.stop().await;
}

#[tokio::test]
async fn only_operators_get_backups() {
    let operator = Operator::new().await;
    operator.fixture.import(&["ann"]).await;
    for (method, path) in
        [(Method::GET, "/v1/backup"), (Method::POST, "/v1/backup"), (Method::GET, "/v1/backups")]
    {
        assert_eq!(operator.send(method, path, "a guess").await.status, 401, "{path}");
    }
    let fetched = operator.send(Method::GET, "/v1/backup", "the token").await;
    assert_eq!(fetched.status, 200);
    assert_eq!(fetched.headers[header::CONTENT_LENGTH], fetched.text.len().to_string().as_str());
    assert!(fetched.text.contains("\"UserID\":\"ann\"") && fetched.text.contains("manifest.json.sha256"));
    operator.fixture.stop().await;

    let mut settings = settings(operator.folder.path());
    settings.backup = None;
    let fixture = Fixture::start(&settings).await;
    let operator = Operator { fixture, folder: operator.folder };
    let refused = operator.send(Method::POST, "/v1/backup", "the token").await;
    assert_eq!(refused.status, 404);
    assert!(refused.text.contains("set backup.folder"), "{}", refused.text);
    operator.fixture.stop().await;
}
