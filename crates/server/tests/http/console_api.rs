//! The API debugging tool of the console: what it sends, what it shows of that to whom, and what it remembers.

use std::collections::BTreeSet;

use foldmark_wire::{CallName, samples};
use serde_json::Value;

use crate::browser::{ADMIN, Browser, Shown, VIEWER, settings_of_console};
use crate::support::{APP, Fixture};

/// How the UserSigs of version 2 begin: the head of zlib data in Base64.
const USERSIG: &str = "usersig=eJ";

async fn start(app: &str) -> (Fixture, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings_of_console(folder.path(), app);
    (Fixture::start(&settings).await, folder)
}

fn path(call: CallName) -> String {
    format!("apps/{APP}/api/{}", call.command())
}

async fn post(browser: &Browser<'_>, call: CallName, what: &str, body: &str, more: &[(&str, &str)]) -> Shown {
    let mut fields = vec![("do", what), ("identifier", "administrator"), ("seconds", "300"), ("body", body)];
    fields.extend(more);
    browser.post_from(&path(call), &path(call), &fields).await
}

/// What a page has in the element of this id, as it was before it was escaped.
fn shown_in(shown: &Shown, id: &str) -> String {
    let opening = format!("<pre id=\"{id}\" tabindex=\"0\">");
    let (_, rest) = shown.html.split_once(&opening).unwrap_or_else(|| panic!("no {id} in {}", shown.html));
    let text = rest.split("</pre>").next().unwrap();
    let named = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<");
    named.replace("&#62;", ">").replace("&#38;", "&")
}

fn answer(shown: &Shown) -> Value {
    serde_json::from_str(&shown_in(shown, "answer-body")).unwrap()
}

#[tokio::test]
async fn every_call_has_a_form_with_its_sample() {
    let (fixture, _folder) = start("").await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let list = browser.get(&format!("apps/{APP}/api")).await;
    assert_eq!(list.status, 200);
    for call in CallName::ALL {
        list.has(&format!("href=\"/console/{}\"", path(call)));
        list.has(call.service());
        let page = browser.get(&path(call)).await;
        assert_eq!(page.status, 200, "{call:?}");
        page.has("value=\"send\"");
        page.has("data-form");
        for sample in samples::requests(call) {
            let page = browser.get(&format!("{}?sample={}", path(call), sample.name)).await;
            let escaped = sample.text.replace('"', "&#34;");
            page.has(&format!("<textarea id=\"body\" name=\"body\" rows=\"18\" class=\"code\" spellcheck=\"false\" autocapitalize=\"off\">\n{escaped}</textarea>"));
        }
    }
    assert_eq!(browser.get(&format!("apps/{APP}/api/get_list")).await.status, 404);
    assert_eq!(browser.get("apps/7/api").await.status, 404);
    assert_eq!(browser.get("apps/7/api/account_check").await.status, 404);
    fixture.stop().await;
}

/// Samples of requests, in an order in which all of them are carried out. The others need what earlier replies gave.
const ORDER: &[(CallName, &str)] = &[
    (CallName::AccountImport, "request"),
    (CallName::MultiaccountImport, "request_names"),
    (CallName::MultiaccountImport, "request_profiles"),
    (CallName::AccountCheck, "request"),
    (CallName::CreateGroup, "request"),
    (CallName::GetAppidGroupList, "request"),
    (CallName::GetGroupInfo, "request"),
    (CallName::Apply, "request"),
    (CallName::CreateContactGroup, "request"),
    (CallName::MarkContact, "request"),
    (CallName::MarkContact, "request_clear"),
    (CallName::GetContactGroup, "request"),
    (CallName::SearchContactGroup, "request"),
    (CallName::ListGroups, "request"),
    (CallName::ListConversations, "request_prefix"),
    (CallName::GetChanges, "request_first"),
    (CallName::UpdateContactGroup, "request_members"),
    (CallName::DelContactGroup, "request"),
    (CallName::CreateContactGroup, "request"),
    (CallName::UpdateContactGroup, "request_rename"),
    (CallName::CreateContactGroup, "request"),
    (CallName::SetGroupOrder, "request"),
    (CallName::SetGroupEx, "request"),
    (CallName::ListGroups, "request"),
    (CallName::ListConversations, "request"),
    (CallName::ListConversations, "request_prefix"),
    (CallName::GetChanges, "request_first"),
    (CallName::CopyLayout, "request"),
    (CallName::DestroyGroup, "request"),
    (CallName::CreateGroup, "request_least"),
    (CallName::AccountDelete, "request"),
];

#[tokio::test]
async fn documented_samples_are_answered_as_documented() {
    let (fixture, _folder) = start("").await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let fields = |reply: &Value| -> BTreeSet<String> { reply.as_object().unwrap().keys().cloned().collect() };
    for (call, name) in ORDER {
        let requests = samples::requests(*call);
        let sample = requests.iter().find(|sample| sample.name == *name).unwrap();
        let shown = post(&browser, *call, "send", sample.text, &[]).await;
        let told = answer(&shown);
        assert_eq!(told["ErrorCode"], 0, "{call:?} {name}: {told}");
        let documented = samples::replies(*call);
        let documented = documented.iter().map(|reply| serde_json::from_str(reply.text).unwrap());
        assert!(documented.map(|reply| fields(&reply)).any(|reply| reply == fields(&told)), "{told}");
        shown.has("<b>HTTP 200</b>");
        shown.has("<dt>X-Request-Id</dt>");
        shown.has("<code>ErrorCode</code>");
    }
    for call in CallName::ALL {
        for sample in samples::requests(call) {
            if ORDER.contains(&(call, sample.name)) {
                continue;
            }
            let shown = post(&browser, call, "send", sample.text, &[]).await;
            assert!(answer(&shown)["ErrorCode"].is_i64(), "{call:?} {}", sample.name);
            shown.has_not("No documented code.");
        }
    }
    fixture.stop().await;
}

#[tokio::test]
async fn an_answer_is_that_of_the_listener_of_the_calls() {
    let (fixture, _folder) = start("").await;
    fixture.sample_peers().await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let create = r#"{"From_Account":"user_0001","GroupContactItem":[{"GroupName":"a </script> 你","ContactItem":[{"Type":1,"To_Account":"user_0002"},{"Type":1,"To_Account":"nobody"}]}]}"#;
    let shown = post(&browser, CallName::CreateContactGroup, "send", create, &[]).await;
    shown.has_not("a </script>");
    let told = answer(&shown);
    assert_eq!(told["GroupResultItem"][0]["GroupItem"]["GroupName"], "a </script> 你");
    shown.has("GroupResultItem[0].ResultItem[1].ResultCode");
    shown.has(foldmark_wire::Code::NotImported.text());
    let get = r#"{"From_Account":"user_0001"}"#;
    let shown = post(&browser, CallName::GetContactGroup, "send", get, &[]).await;
    let direct = fixture.call("recentcontact/get_contact_group", get).await;
    assert_eq!(answer(&shown), direct.ok());
    shown.has(&format!("<dt>Foldmark-Revision</dt><dd>{}</dd>", direct.revision().unwrap()));
    // What is no JSON is sent too.
    let shown = post(&browser, CallName::GetContactGroup, "send", "{nonsense", &[]).await;
    assert_eq!(answer(&shown)["ErrorCode"], 60003);
    fixture.stop().await;
}

#[tokio::test]
async fn a_viewer_reads_and_is_given_no_usersig() {
    let (fixture, _folder) = start("accounts = \"open\"").await;
    let viewer = Browser::signed_in(&fixture, VIEWER).await;
    let (mut read, mut refused) = (0, 0);
    for call in CallName::ALL {
        let page = viewer.get(&path(call)).await;
        let sample = samples::requests(call)[0].text;
        let sent = post(&viewer, call, "send", sample, &[("usersig", "shown")]).await;
        let programs = post(&viewer, call, "show", sample, &[("usersig", "shown")]).await;
        assert_eq!(programs.status, 200);
        programs.has("$USERSIG");
        if call.only_reads() {
            assert_eq!(sent.status, 200, "{call:?}");
            assert_ne!(answer(&sent)["ErrorCode"], 70009, "it was signed: {call:?}");
            page.has("value=\"send\"");
            read += 1;
        } else {
            assert_eq!(sent.status, 403, "{call:?}");
            page.has_not("value=\"send\"");
            refused += 1;
        }
        for shown in [page, sent, programs] {
            shown.has_not(USERSIG);
            shown.has_not("eJy");
            shown.has_not("eJx");
        }
    }
    assert_eq!((read, refused), (8, 13));
    let left = fixture.call("recentcontact/get_contact_group", r#"{"From_Account":"user_0001"}"#).await.ok();
    assert_eq!(left["GroupItem"], serde_json::json!([]), "nothing was changed");
    fixture.stop().await;
}

#[tokio::test]
async fn an_admin_is_given_a_usersig_only_if_he_asks_and_it_works() {
    let (fixture, _folder) = start("accounts = \"open\"").await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let body = r#"{"From_Account":"a"}"#;
    let without = post(&browser, CallName::GetContactGroup, "show", body, &[]).await;
    without.has_not(USERSIG);
    without.has("$USERSIG");
    let with = post(&browser, CallName::GetContactGroup, "show", body, &[("usersig", "shown")]).await;
    with.has(USERSIG);
    let curl = shown_in(&with, "program-curl");
    let (_, url) = curl.split_once("'http://").unwrap();
    let (_, query) = url.split('\'').next().unwrap().split_once('?').unwrap();
    fixture.call_with("recentcontact/get_contact_group", query, body).await.ok();
    fixture.clock.advance(std::time::Duration::from_secs(301));
    fixture.call_with("recentcontact/get_contact_group", query, body).await.refused(70001, "");
    fixture.stop().await;
}

#[tokio::test]
async fn nobody_but_an_administrator_signs_and_the_form_must_be_ours() {
    let (fixture, _folder) = start("administrators = [\"it's me\", \"other\"]").await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let call = CallName::AccountCheck;
    let body = samples::requests(call)[0].text;
    let page = browser.get(&path(call)).await;
    page.has("<option selected>it&#39;s me</option>");
    page.has("<option>other</option>");
    let csrf = page.csrf();
    let fields = |csrf, identifier| {
        [("csrf", csrf), ("do", "send"), ("identifier", identifier), ("seconds", "9999999"), ("body", body)]
    };
    for (fields, headers, status) in [
        (fields(&csrf, "other"), &[][..], 200),
        (fields(&csrf, "it's me"), &[], 200),
        (fields(&csrf, "user_0001"), &[], 400),
        (fields("", "other"), &[], 403),
        (fields("wrong", "other"), &[], 403),
        (fields(&csrf, "other"), &[("origin", "http://evil.example")], 403),
    ] {
        let shown = browser.send("POST", &path(call), &fields, headers).await;
        assert_eq!(shown.status, status, "{fields:?} {headers:?}");
        if status == 200 {
            assert_eq!(answer(&shown)["ErrorCode"], 0);
            shown.has("<option value=\"300\" selected>5 min</option>");
        }
    }
    let nobody = Browser::new(&fixture);
    assert_eq!(nobody.send("POST", &path(call), &fields(&csrf, "other"), &[]).await.status, 403);
    for page in
        [path(call), format!("apps/{APP}/api"), "openapi/".to_owned(), "openapi/openapi.json".to_owned()]
    {
        assert_eq!(nobody.get(&page).await.location(), "/console/sign-in", "{page}");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn the_last_calls_can_be_opened_again_in_the_same_session() {
    let (fixture, _folder) = start("accounts = \"open\"").await;
    let browser = Browser::signed_in(&fixture, ADMIN).await;
    let call = CallName::GetContactGroup;
    let csrf = browser.get(&path(call)).await.csrf();
    let mut last = None;
    for n in 0..52 {
        let body = format!("{{\"From_Account\":\"number {n}\"}}");
        let fields =
            [("csrf", csrf.as_str()), ("do", "send"), ("identifier", "administrator"), ("body", &body)];
        last = Some(browser.send("POST", &path(call), &fields, &[]).await);
    }
    let last = last.unwrap();
    assert_eq!(last.html.matches("?again=").count(), 50);
    last.has("?again=52");
    last.has("?again=3\"");
    last.has_not("?again=2\"");
    browser.get(&format!("{}?again=52", path(call))).await.has("number 51");
    browser.get(&format!("{}?again=3", path(call))).await.has("number 2");
    browser.get(&format!("{}?again=2", path(call))).await.has_not("number 1&");
    // Of another call, and in another session, it is not the same.
    browser.get(&format!("{}?again=52", path(CallName::MarkContact))).await.has_not("number 51");
    let other = Browser::signed_in(&fixture, ADMIN).await;
    let shown = other.get(&format!("{}?again=52", path(call))).await;
    shown.has_not("number 51");
    shown.has_not("?again=");
    fixture.stop().await;
}

#[tokio::test]
async fn swagger_ui_may_reach_the_calls_and_nothing_else() {
    let (fixture, _folder) = start("").await;
    let browser = Browser::signed_in(&fixture, VIEWER).await;
    let page = browser.get("openapi/").await;
    assert_eq!(page.status, 200);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("connect-src 'self' http://{};", fixture.address())), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    let document: Value = serde_json::from_str(&browser.get("openapi/openapi.json").await.html).unwrap();
    assert_eq!(document["servers"][0]["url"], format!("http://{}", fixture.address()));
    let mut assets = 0;
    for part in page.html.split('"').filter(|part| part.starts_with("/console/openapi/assets/")) {
        let shown = browser.get(part.strip_prefix("/console/").unwrap()).await;
        assert_eq!(shown.status, 200, "{part}");
        assert!(shown.headers["cache-control"].to_str().unwrap().contains("immutable"));
        assert!(!shown.html.is_empty());
        assets += 1;
    }
    assert_eq!(assets, 4);
    assert_eq!(browser.get("openapi/assets/swagger-ui.css").await.status, 404);
    fixture.stop().await;
}
