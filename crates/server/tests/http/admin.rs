//! The operators' calls: whole users and chat groups, out and in.

use std::collections::BTreeSet;

use bytes::Bytes;
use foldmark_server::config::Settings;
use foldmark_wire::transfer::{Checkpoint, IMPORT_LINES_MAX, ImportReply, Line, Outcome, Totals};
use http::{Method, Request, header};
use tempfile::TempDir;

use crate::support::{APP, Answer, Fixture, settings};

/// Servers, and an operator who has the token.
pub(crate) struct Operator {
    pub(crate) fixture: Fixture,
    token: String,
    _folder: TempDir,
}

impl Operator {
    async fn new() -> Operator {
        Operator::of(settings("")).await
    }

    pub(crate) async fn of(mut settings: Settings) -> Operator {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        settings.admin.token_file = Some(file.clone());
        let fixture = Fixture::start(&settings).await;
        let token = std::fs::read_to_string(file).unwrap().trim().to_owned();
        Operator { fixture, token, _folder: folder }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.fixture.admin()))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.into().into())
            .unwrap();
        self.fixture.exchange(request).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    /// Puts these lines, and gives what became of each.
    async fn put(&self, query: &str, lines: &[&str]) -> Vec<(Outcome, String)> {
        let answer = self.send(Method::POST, &format!("/v1/subjects{query}"), lines.join("\n")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
        let reply: ImportReply<'_> = serde_json::from_str(&answer.text).unwrap();
        reply.results.into_iter().map(|result| (result.outcome, result.reason.into_owned())).collect()
    }

    /// All subjects of a kind: the text of each line, in the order of pages of at most `limit`.
    async fn export(&self, kind: &str, limit: usize) -> Vec<String> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/subjects?sdkappid={APP}&kind={kind}&limit={limit}{cursor}");
            let (subjects, checkpoint) = page(&self.get(&path).await);
            assert!(subjects.len() <= limit, "{subjects:?}");
            all.extend(subjects);
            match checkpoint.next {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    async fn count(&self, kind: &str) -> String {
        self.get(&format!("/v1/subjects/count?sdkappid={APP}&kind={kind}")).await.text
    }

    async fn revision(&self, user: &str) -> u64 {
        let body = format!(r#"{{"From_Account":"{user}"}}"#);
        self.fixture.call("recentcontact/get_contact_group", &body).await.revision().unwrap()
    }
}

/// The subjects of a page, and the checkpoint at its end, whose totals must be those of the page.
fn page(answer: &Answer) -> (Vec<String>, Checkpoint) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/x-ndjson");
    assert!(answer.text.ends_with('\n'), "every line has its end");
    let mut subjects: Vec<_> = answer.text.lines().map(str::to_owned).collect();
    let last = subjects.pop().unwrap();
    let Line::Checkpoint(checkpoint) = serde_json::from_str(&last).unwrap() else {
        panic!("{last} is no checkpoint")
    };
    let mut totals = Totals::default();
    for text in &subjects {
        totals.add(&serde_json::from_str(text).unwrap(), text);
    }
    assert_eq!(totals, checkpoint.totals);
    (subjects, checkpoint)
}

/// The ids in these lines. Each must be there once.
fn ids(lines: &[String]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for line in lines {
        let id = match serde_json::from_str(line).unwrap() {
            Line::User(user) => user.id.into_owned(),
            Line::ChatGroup(chat_group) => chat_group.id.into_owned(),
            other => panic!("{other:?} is no subject"),
        };
        assert!(ids.insert(id), "{line} comes twice");
    }
    ids
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A user with a group and a conversation in it.
fn user_line(app: u32, id: &str, group: &str) -> String {
    format!(
        r#"{{"User":{{"SdkAppid":{app},"UserID":"{id}","Imported":true,"Nick":"N","FaceUrl":"","NextGroupId":3,"NextNumber":9,"Groups":[{{"GroupId":2,"GroupName":"{group}"}}],"Conversations":[{{"Contact":{{"Type":1,"To_Account":"friend"}},"Number":7,"Timestamp":1775217000,"StandardMark":"1110","CustomMark":"c","ContactGroupId":[2]}}]}}}}"#
    )
}

fn chat_group_line(id: &str, alive: bool) -> String {
    format!(
        r#"{{"ChatGroup":{{"SdkAppid":{APP},"GroupId":"{id}","Alive":{alive},"Type":"Public","Name":"Team","Owner_Account":"","CreateTime":1775217000}}}}"#
    )
}

#[tokio::test]
async fn only_who_has_the_token_is_served() {
    let operator = Operator::new().await;
    let fixture = &operator.fixture;
    let paths = [
        (Method::GET, format!("/v1/subjects?sdkappid={APP}&kind=users")),
        (Method::GET, format!("/v1/subjects/count?sdkappid={APP}&kind=users")),
        (Method::GET, format!("/v1/subject?sdkappid={APP}&kind=users&id=u")),
        (Method::POST, "/v1/subjects".to_owned()),
    ];
    let wrong = format!("{}x", operator.token);
    let shown =
        [None, Some(format!("Bearer {wrong}")), Some("Bearer ".to_owned()), Some(operator.token.clone())];
    for (method, path) in paths {
        for authorization in &shown {
            let uri = format!("http://{}{path}", fixture.admin());
            let mut request = Request::builder().method(method.clone()).uri(uri);
            if let Some(authorization) = authorization {
                request = request.header(header::AUTHORIZATION, authorization);
            }
            let answer = fixture.exchange(request.body(Default::default()).unwrap()).await;
            assert_eq!(answer.status, 401, "{method} {path} {authorization:?}");
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
            assert!(answer.text.contains("token"), "{}", answer.text);
        }
    }
    assert!(fixture.ready().await.iter().all(|status| *status == 200), "health is for everyone");
    operator.fixture.stop().await;
}

#[tokio::test]
async fn pages_lead_over_every_subject_once() {
    let operator = Operator::new().await;
    let fixture = &operator.fixture;
    fixture.import(&["a", "b", "c", "d", "gone"]).await;
    fixture.call("im_open_login_svc/account_delete", r#"{"DeleteItem":[{"UserID":"gone"}]}"#).await.ok();
    for id in ["g1", "g2", "over"] {
        fixture.chat_group(id).await;
    }
    fixture.call("group_open_http_svc/destroy_group", r#"{"GroupId":"over"}"#).await.ok();
    for limit in [1, 2, 3, 100] {
        let users = operator.export("users", limit).await;
        assert_eq!(ids(&users), names(&["a", "b", "c", "d", "gone"]), "{limit} a page");
        let chat_groups = operator.export("chat_groups", limit).await;
        assert_eq!(ids(&chat_groups), names(&["g1", "g2", "over"]), "{limit} a page");
    }
    let (all, checkpoint) = page(&operator.get(&format!("/v1/subjects?sdkappid={APP}&kind=users")).await);
    assert_eq!((all.len(), checkpoint.next), (5, None), "without a limit they fit on one page");
    assert_eq!(operator.count("users").await, r#"{"Count":5}"#);
    assert_eq!(operator.count("chat_groups").await, r#"{"Count":3}"#);
    operator.fixture.stop().await;
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let operator = Operator::new().await;
    let query = |query: &str| format!("/v1/subjects?{query}");
    let cases = [
        (query(&format!("sdkappid={APP}&kind=users&cursor=*")), 400, "cursor"),
        (query("sdkappid=7&kind=users"), 404, "application 7 is not configured"),
        (query(&format!("sdkappid={APP}&kind=users&page=2")), 400, "page"),
        (query(&format!("sdkappid={APP}&kind=users&limit=many")), 400, "limit"),
        (query(&format!("sdkappid={APP}&kind=users&limit=-1")), 400, "limit"),
        (query(&format!("sdkappid={APP}&kind=everything")), 400, "kind"),
        (query(&format!("sdkappid={APP}")), 400, "kind"),
        (query("kind=users"), 400, "sdkappid"),
        ("/v1/subjects/count?sdkappid=7&kind=users".to_owned(), 404, "application 7 is not configured"),
        (format!("/v1/subjects/count?sdkappid={APP}&kind=users&limit=1"), 400, "limit"),
    ];
    for (path, status, part) in cases {
        let answer = operator.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path} gave {}", answer.text);
        assert!(answer.text.contains(part), "{path}: {:?} has no {part:?}", answer.text);
    }
    let (first, _) = page(&operator.get(&format!("/v1/subjects?sdkappid={APP}&kind=users&limit=0")).await);
    assert!(first.is_empty());
    operator.fixture.stop().await;
}

#[tokio::test]
async fn lines_are_put_and_come_out_as_they_went_in() {
    let operator = Operator::new().await;
    let (user, alive, over) =
        (user_line(APP, "u", "work"), chat_group_line("g", true), chat_group_line("over", false));
    let lines = [user.as_str(), &alive, &over];
    let put = vec![(Outcome::Put, String::new()); 3];
    assert_eq!(operator.put("", &lines).await, put);
    assert_eq!(operator.export("users", 10).await, [user.as_str()]);
    let mut chat_groups = operator.export("chat_groups", 10).await;
    chat_groups.sort();
    assert_eq!(chat_groups, [alive.as_str(), &over]);

    let revision = operator.revision("u").await;
    assert_eq!(operator.put("", &lines).await, put, "what is so already is put");
    assert_eq!(operator.put("?replace=true", &lines).await, put);
    assert_eq!(operator.revision("u").await, revision, "and nothing was changed");
    let page = r#"{"From_Account":"u"}"#;
    let page = operator.fixture.call("recentcontact/get_contact_group", page).await.ok();
    assert_eq!(page["ContactItem"][0]["StandardMark"], "1110");
    assert_eq!(page["GroupItem"][0]["GroupName"], "work");
    operator.fixture.stop().await;
}

#[tokio::test]
async fn only_replacing_changes_what_is_there() {
    let operator = Operator::new().await;
    let (before, after) = (user_line(APP, "u", "work"), user_line(APP, "u", "play"));
    assert_eq!(operator.put("", &[&before]).await[0].0, Outcome::Put);
    let revision = operator.revision("u").await;
    let (outcome, reason) = operator.put("?replace=false", &[&after]).await.remove(0);
    assert_eq!(outcome, Outcome::Refused);
    assert!(reason.contains("user \"u\"") && reason.contains("replacing"), "{reason}");
    assert_eq!(operator.export("users", 10).await, [before]);
    assert_eq!(operator.put("?replace=true", &[&after]).await[0].0, Outcome::Put);
    assert_eq!(operator.export("users", 10).await, [after]);
    assert_eq!(operator.revision("u").await, revision + 1);

    let (alive, over) = (chat_group_line("g", true), chat_group_line("g", false));
    assert_eq!(operator.put("", &[&alive]).await[0].0, Outcome::Put);
    let (outcome, reason) = operator.put("", &[&over]).await.remove(0);
    assert_eq!(outcome, Outcome::Refused);
    assert!(reason.contains("chat group \"g\""), "{reason}");
    assert_eq!(operator.put("?replace=true", &[&over]).await[0].0, Outcome::Put);
    assert_eq!(operator.export("chat_groups", 10).await, [over]);
    operator.fixture.stop().await;
}

#[tokio::test]
async fn each_line_has_a_result_and_a_reason() {
    let operator = Operator::new().await;
    let good = user_line(APP, "u", "work");
    let foreign = user_line(7, "v", "work");
    let nameless = user_line(APP, "w", "");
    let unknown_group =
        user_line(APP, "x", "work").replace("\"ContactGroupId\":[2]", "\"ContactGroupId\":[1]");
    let bad_id = user_line(APP, &"y".repeat(33), "work");
    let more = good.replace("\"Nick\"", "\"More\":1,\"Nick\"");
    let refused = [
        (foreign.as_str(), "not configured"),
        (&nameless, "group 2"),
        (&unknown_group, "user \"x\""),
        (&bad_id, "32"),
        (&more, "More"),
        (
            r#"{"Checkpoint":{"Totals":{"ChatGroups":0,"Users":0,"Conversations":0,"Digest":"00000000000000000000000000000000"}}}"#,
            "neither a user nor a chat group",
        ),
        ("", "cannot be read"),
        ("no JSON", "cannot be read"),
    ];
    let mut lines: Vec<_> = refused.iter().map(|(line, _)| *line).collect();
    lines.insert(3, &good);
    let mut results = operator.put("", &lines).await;
    assert_eq!(results.remove(3), (Outcome::Put, String::new()), "the others do not harm it");
    assert_eq!(results.len(), refused.len());
    for ((outcome, reason), (line, part)) in results.into_iter().zip(refused) {
        assert_eq!(outcome, Outcome::Refused, "{line}");
        assert!(reason.contains(part), "{line}: {reason:?} has no {part:?}");
    }
    assert_eq!(operator.export("users", 10).await, [good], "no other was put");
    operator.fixture.stop().await;
}

#[tokio::test]
async fn bodies_that_are_no_lines_are_refused_as_a_whole() {
    let operator = Operator::new().await;
    let mut spoilt = user_line(APP, "u", "work").into_bytes();
    spoilt.extend(b"\n\xff");
    let answer = operator.send(Method::POST, "/v1/subjects", spoilt).await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (400, "the body must be UTF-8\n"));

    let many = format!("{}\n", user_line(APP, "u", "work")).repeat(IMPORT_LINES_MAX + 1);
    let answer = operator.send(Method::POST, "/v1/subjects", many).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains(&IMPORT_LINES_MAX.to_string()), "{}", answer.text);

    let answer = operator.send(Method::POST, "/v1/subjects?replace=perhaps", "").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("replace"), "{}", answer.text);
    let answer = operator.send(Method::POST, "/v1/subjects?overwrite=true", "").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("overwrite"), "{}", answer.text);

    assert_eq!(operator.put("", &[]).await, [], "nothing is nothing");
    assert_eq!(operator.count("users").await, r#"{"Count":0}"#, "nothing was put");
    operator.fixture.stop().await;
}

#[tokio::test]
async fn one_subject_is_the_line_of_its_export() {
    let operator = Operator::new().await;
    let lines = [user_line(APP, "u &+%20é", "friends"), chat_group_line("@TGS#1", false)];
    operator.put("", &[&lines[0], &lines[1]]).await;
    let one = |query: &str| operator_path(&format!("sdkappid={APP}&{query}"));
    for (query, line) in
        [("kind=users&id=u%20%26%2B%2520%C3%A9", &lines[0]), ("kind=chat_groups&id=%40TGS%231", &lines[1])]
    {
        let answer = operator.get(&one(query)).await;
        assert_eq!((answer.status.as_u16(), answer.text), (200, format!("{line}\n")), "{query}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], "application/x-ndjson");
    }
    let exported = operator.export("users", 10).await;
    assert_eq!(exported, [lines[0].clone()]);
    let cases = [
        (one("kind=users&id=nobody"), 404, "none of this id"),
        (one("kind=chat_groups&id=u"), 404, "none of this id"),
        (operator_path("sdkappid=7&kind=users&id=u"), 404, "application 7 is not configured"),
        (one("kind=users&id="), 400, "id must not be empty"),
        (one(&format!("kind=users&id={}", "x".repeat(33))), 400, "at most 32 bytes"),
        (one("kind=users&id=%0a"), 400, "control characters"),
        (one("kind=users"), 400, "id"),
        (one("kind=users&id=u&cursor=x"), 400, "cursor"),
    ];
    for (path, status, part) in cases {
        let answer = operator.get(&path).await;
        assert_eq!(answer.status.as_u16(), status, "{path} gave {}", answer.text);
        assert!(answer.text.contains(part), "{path}: {:?} has no {part:?}", answer.text);
    }
    operator.fixture.stop().await;
}

fn operator_path(query: &str) -> String {
    format!("/v1/subject?{query}")
}
