//! Foldmark's own calls over HTTP: the feed, orders and descriptions, lists, commands together, copies.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::support::{Fixture, settings};

/// Somebody who knows what he was told.
#[derive(Default)]
struct Follower {
    cursor: Option<String>,
    groups: BTreeMap<u64, Value>,
    records: BTreeMap<String, Value>,
    resets: usize,
}

impl Follower {
    /// Asks for one page, and says whether there is more.
    async fn ask(&mut self, server: &Fixture, limit: u32) -> bool {
        let mut body = json!({ "From_Account": "user_0001", "Limit": limit });
        if let Some(cursor) = &self.cursor {
            body["Cursor"] = json!(cursor);
        }
        let told = server.call("foldmark/get_changes", &body.to_string()).await.ok();
        self.cursor = Some(told["Cursor"].as_str().unwrap().to_owned());
        if told["Reset"].as_bool().unwrap() {
            self.resets += 1;
            self.groups.clear();
            self.records.clear();
        }
        for record in told["ContactItem"].as_array().unwrap() {
            self.records.insert(name(record), record.clone());
        }
        for removed in told["RemovedItem"].as_array().unwrap() {
            self.records.remove(&name(removed));
        }
        for group in told["GroupItem"].as_array().unwrap() {
            self.groups.insert(group["GroupId"].as_u64().unwrap(), group.clone());
        }
        for id in told["RemovedGroupId"].as_array().unwrap() {
            self.groups.remove(&id.as_u64().unwrap());
        }
        told["More"].as_bool().unwrap()
    }

    async fn catch_up(&mut self, server: &Fixture, limit: u32) {
        while self.ask(server, limit).await {}
    }

    /// Compares what he knows with what the other calls show.
    async fn knows_everything(&self, server: &Fixture) {
        let (groups, records) = present(server).await;
        assert_eq!((&self.groups, &self.records), (&groups, &records));
    }
}

async fn present(server: &Fixture) -> (BTreeMap<u64, Value>, BTreeMap<String, Value>) {
    let groups = server.call("foldmark/list_groups", r#"{"From_Account":"user_0001"}"#).await.ok();
    let mut by_id = BTreeMap::new();
    for group in groups["GroupItem"].as_array().unwrap() {
        let mut group = group.clone();
        group.as_object_mut().unwrap().remove("Count");
        by_id.insert(group["GroupId"].as_u64().unwrap(), group);
    }
    let mut records = BTreeMap::new();
    let mut start = 0;
    loop {
        let body = json!({ "From_Account": "user_0001", "StartIndex": start }).to_string();
        let page = server.call("recentcontact/get_contact_group", &body).await.ok();
        for record in page["ContactItem"].as_array().unwrap() {
            records.insert(name(record), record.clone());
        }
        if page["CompleteFlag"] == 1 {
            return (by_id, records);
        }
        start = page["NextStartIndex"].as_u64().unwrap();
    }
}

fn name(conversation: &Value) -> String {
    conversation.get("To_Account").unwrap_or(&conversation["ToGroupId"]).as_str().unwrap().to_owned()
}

fn mark(peer: &str, kind: &str, bit: u32) -> String {
    let contact = json!({ "Type": 1, "To_Account": peer });
    json!({ "From_Account": "user_0001", "MarkItem": [{ "OptType": 1, "ContactItem": contact, kind: [bit] }] })
        .to_string()
}

fn create(name: &str, peers: &[&str]) -> String {
    let contacts: Vec<_> = peers.iter().map(|peer| json!({ "Type": 1, "To_Account": peer })).collect();
    json!({ "From_Account": "user_0001", "GroupContactItem": [{ "GroupName": name, "ContactItem": contacts }] })
        .to_string()
}

#[tokio::test]
async fn a_follower_is_told_everything_once() {
    let server = Fixture::with("accounts = \"open\"\nchat_groups = \"open\"").await;
    let mut follower = Follower::default();
    follower.catch_up(&server, 2).await;
    assert_eq!((follower.groups.len(), follower.records.len()), (0, 0));
    for (name, peers) in [("a", &["p1", "p2"][..]), ("b", &["p2", "p3"]), ("c", &[])] {
        server.call("recentcontact/create_contact_group", &create(name, peers)).await.ok();
    }
    follower.catch_up(&server, 2).await;
    follower.knows_everything(&server).await;
    let order = json!({ "From_Account": "user_0001", "GroupName": ["c", "b"] }).to_string();
    server.call("foldmark/set_group_order", &order).await.ok();
    let ex = json!({ "From_Account": "user_0001", "GroupItem": [{ "GroupName": "b", "Ex": "red" }] });
    server.call("foldmark/set_group_ex", &ex.to_string()).await.ok();
    server.call("recentcontact/mark_contact", &mark("p9", "SetMark", 7)).await.ok();
    let delete = r#"{"From_Account":"user_0001","GroupName":["a"]}"#;
    server.call("recentcontact/del_contact_group", delete).await.ok();
    let resets = follower.resets;
    follower.catch_up(&server, 1).await;
    follower.knows_everything(&server).await;
    assert_eq!(follower.resets, resets, "what happened since was told");
    assert!(!follower.records.contains_key("p1"));
    server.stop().await;
}

#[tokio::test]
async fn a_follower_comes_to_the_present_state_while_others_write() {
    let fixture = Fixture::with("accounts = \"open\"\nlimits.calls_per_second = 0").await;
    let server = &fixture;
    let writing = AtomicBool::new(true);
    let writers = (0..3_u32).map(|writer| async move {
        for turn in 0..40_u32 {
            let peer = format!("p{}", (turn * 7 + writer) % 11);
            let kind = if (turn + writer).is_multiple_of(3) { "ClearMark" } else { "SetMark" };
            server.call("recentcontact/mark_contact", &mark(&peer, kind, turn % 2)).await.ok();
            if turn % 10 == writer {
                let group = format!("g{writer}");
                server.call("recentcontact/create_contact_group", &create(&group, &[&peer])).await.ok();
                let delete = json!({ "From_Account": "user_0001", "GroupName": [group] }).to_string();
                server.call("recentcontact/del_contact_group", &delete).await.ok();
            }
        }
    });
    let write = async {
        join_all(writers).await;
        writing.store(false, Ordering::Relaxed);
    };
    let follow = async {
        let mut follower = Follower::default();
        while writing.load(Ordering::Relaxed) {
            follower.ask(server, 3).await;
        }
        follower
    };
    let ((), mut follower) = join(write, follow).await;
    follower.catch_up(server, 3).await;
    follower.knows_everything(server).await;
    let mut late = Follower::default();
    late.catch_up(server, 500).await;
    late.knows_everything(server).await;
    fixture.stop().await;
}

#[tokio::test]
async fn records_about_disbanded_chat_groups_are_told_until_they_are_removed() {
    let server = Fixture::new().await;
    server.import(&["user_0001"]).await;
    server.chat_group("@TGS#1").await;
    let contact = json!({ "Type": 2, "ToGroupId": "@TGS#1" });
    let item = json!({ "GroupName": "a", "ContactItem": [contact] });
    let body = json!({ "From_Account": "user_0001", "GroupContactItem": [item] }).to_string();
    server.call("recentcontact/create_contact_group", &body).await.ok();
    let mut follower = Follower::default();
    follower.catch_up(&server, 9).await;
    server.call("group_open_http_svc/destroy_group", r#"{"GroupId":"@TGS#1"}"#).await.ok();
    let own = r#"{"From_Account":"user_0001"}"#;
    let listed = server.call("foldmark/list_conversations", own).await.ok();
    assert_eq!(listed["ContactItem"], json!([]));
    assert_eq!(server.call("foldmark/list_groups", own).await.ok()["GroupItem"][0]["Count"], 1);
    let mut late = Follower::default();
    for follower in [&mut follower, &mut late] {
        follower.catch_up(&server, 9).await;
        assert_eq!(follower.records["@TGS#1"]["ContactGroupId"], json!([1]));
    }
    let delete = r#"{"From_Account":"user_0001","GroupName":["a"]}"#;
    server.call("recentcontact/del_contact_group", delete).await.ok();
    for mut follower in [follower, late] {
        follower.catch_up(&server, 9).await;
        assert_eq!((follower.resets, follower.records.len()), (1, 0));
    }
    server.stop().await;
}

#[tokio::test]
async fn cursors_are_sealed_and_bound_to_their_user() {
    let server = Fixture::with("accounts = \"open\"").await;
    server.call("recentcontact/mark_contact", &mark("p", "SetMark", 1)).await.ok();
    let first = server.call("foldmark/get_changes", r#"{"From_Account":"user_0001"}"#).await;
    assert_eq!(first.revision(), Some(1));
    let cursor = first.ok()["Cursor"].as_str().unwrap().to_owned();
    let body = |user: &str, cursor: &str| json!({ "From_Account": user, "Cursor": cursor }).to_string();
    let again = server.call("foldmark/get_changes", &body("user_0001", &cursor)).await.ok();
    assert_eq!((&again["Reset"], &again["ContactItem"]), (&json!(false), &json!([])));
    let mut changed = cursor.clone().into_bytes();
    changed[5] ^= 1;
    let changed = String::from_utf8(changed).unwrap();
    for (user, cursor) in
        [("user_0002", &*cursor), ("user_0001", &changed), ("user_0001", "x"), ("user_0001", "")]
    {
        let answer = server.call("foldmark/get_changes", &body(user, cursor)).await;
        answer.refused(52_003, "start again without one");
    }
    server.stop().await;
}

#[tokio::test]
async fn groups_are_drawn_in_order_with_counts_and_conversations_filtered() {
    let server = Fixture::with("accounts = \"open\"").await;
    server.call("recentcontact/create_contact_group", &create("a", &["p1", "p2"])).await.ok();
    server.call("recentcontact/create_contact_group", &create("b", &["p2"])).await.ok();
    server.call("recentcontact/mark_contact", &mark("p2", "SetMark", 3)).await.ok();
    server.call("foldmark/set_group_order", r#"{"From_Account":"user_0001","GroupName":["b"]}"#).await.ok();
    let ex = r#"{"From_Account":"user_0001","GroupItem":[{"GroupName":"a","Ex":"red"}]}"#;
    server.call("foldmark/set_group_ex", ex).await.ok();
    let groups = server.call("foldmark/list_groups", r#"{"From_Account":"user_0001"}"#).await.ok();
    assert_eq!(
        groups["GroupItem"],
        json!([
            { "GroupName": "b", "GroupId": 2, "Order": 1, "Ex": "", "Count": 1 },
            { "GroupName": "a", "GroupId": 1, "Order": 2, "Ex": "red", "Count": 2 },
        ])
    );
    let body = r#"{"From_Account":"user_0001","GroupName":"a","AllMark":[3],"Type":1,"Limit":1}"#;
    let list = server.call("foldmark/list_conversations", body).await.ok();
    assert_eq!(list["ContactItem"][0]["To_Account"], "p2");
    assert_eq!((&list["CompleteFlag"], &list["NextStartIndex"]), (&json!(1), &json!(0)));
    let unknown = r#"{"From_Account":"user_0001","GroupName":"other"}"#;
    let answer = server.call("foldmark/list_conversations", unknown).await;
    answer.refused(51_009, "GroupName names no conversation group");
    let unknown = r#"{"From_Account":"user_0001","GroupName":["a","other"]}"#;
    let answer = server.call("foldmark/set_group_order", unknown).await;
    answer.refused(51_009, "GroupName[1] names no conversation group");
    let unknown = r#"{"From_Account":"user_0001","GroupItem":[{"GroupName":"other","Ex":""}]}"#;
    let answer = server.call("foldmark/set_group_ex", unknown).await;
    answer.refused(51_009, "GroupItem[0].GroupName names no conversation group");
    let twice = r#"{"From_Account":"user_0001","GroupName":["a","b","a"]}"#;
    server.call("foldmark/set_group_order", twice).await.refused(50_002, "GroupName[2] names a group");
    server.stop().await;
}

#[tokio::test]
async fn commands_are_applied_together_or_not_at_all() {
    let server = Fixture::new().await;
    server.import(&["user_0001", "user_0002"]).await;
    let contact = json!({ "Type": 1, "To_Account": "user_0002" });
    let nobody = json!({ "Type": 1, "To_Account": "nobody" });
    let apply = |commands: Value| json!({ "From_Account": "user_0001", "CommandItem": commands }).to_string();
    let make = json!({
        "Command": "create_contact_group",
        "GroupContactItem": [{ "GroupName": "a", "ContactItem": [contact] }],
    });
    let order = json!({ "Command": "set_group_order", "GroupName": ["a"] });
    let marked = |contact: &Value| {
        let item = json!({ "OptType": 1, "ContactItem": contact, "SetMark": [1] });
        json!({ "Command": "mark_contact", "MarkItem": [item] })
    };
    let answer = server.call("foldmark/apply", &apply(json!([make, order, marked(&nobody)]))).await;
    answer.refused(50_001, "CommandItem[2], item 0: To_Account names an account that is not imported");
    assert_eq!(answer.revision(), Some(1), "nothing was changed");
    let delete = json!({ "Command": "del_contact_group", "GroupName": ["b"] });
    let answer = server.call("foldmark/apply", &apply(json!([make, delete]))).await;
    answer.refused(51_009, "CommandItem[1]: GroupName[0] names no conversation group");
    let answer = server.call("foldmark/apply", &apply(json!([make, order, marked(&contact)]))).await;
    assert_eq!(answer.revision(), Some(2), "one commit");
    let expected = json!([
        { "Command": "create_contact_group", "GroupId": 1 },
        { "Command": "set_group_order" },
        { "Command": "mark_contact" },
    ]);
    assert_eq!(answer.ok()["ResultItem"], expected);
    server.stop().await;
}

#[tokio::test]
async fn layouts_are_copied_to_each_by_himself() {
    let server = Fixture::new().await;
    server.import(&["user_0001", "user_0002", "new1", "new2"]).await;
    server.call("recentcontact/create_contact_group", &create("a", &["user_0002"])).await.ok();
    server.call("recentcontact/create_contact_group", &create("b", &["new1"])).await.ok();
    server.call("foldmark/set_group_order", r#"{"From_Account":"user_0001","GroupName":["b"]}"#).await.ok();
    let body = r#"{"From_Account":"user_0001","To_Account":["new1","nobody","new2","new1"]}"#;
    let copied = server.call("foldmark/copy_layout", body).await.ok();
    let codes: Vec<_> =
        copied["ResultItem"].as_array().unwrap().iter().map(|one| &one["ResultCode"]).collect();
    assert_eq!(codes, [0, 50_001, 0, 0]);
    let groups = server.call("foldmark/list_groups", r#"{"From_Account":"new2"}"#).await.ok();
    let names: Vec<_> = groups["GroupItem"].as_array().unwrap().iter().map(|one| &one["GroupName"]).collect();
    assert_eq!(names, ["b", "a"]);
    let list = server.call("foldmark/list_conversations", r#"{"From_Account":"new1"}"#).await.ok();
    let peers: Vec<_> = list["ContactItem"].as_array().unwrap().iter().map(name).collect();
    assert_eq!(peers, ["user_0002"], "nobody gets a conversation with himself");
    let answer =
        server.call("foldmark/copy_layout", r#"{"From_Account":"nobody","To_Account":["new1"]}"#).await;
    answer.refused(50_001, "From_Account");
    server.stop().await;
}

#[tokio::test]
async fn an_account_made_again_is_followed_from_the_start() {
    let server = Fixture::start(&settings("")).await;
    server.import(&["user_0001", "p"]).await;
    server.call("recentcontact/mark_contact", &mark("p", "SetMark", 1)).await.ok();
    let mut follower = Follower::default();
    follower.catch_up(&server, 9).await;
    let delete = r#"{"DeleteItem":[{"UserID":"user_0001"}]}"#;
    server.call("im_open_login_svc/account_delete", delete).await.ok();
    let body = json!({ "From_Account": "user_0001", "Cursor": follower.cursor }).to_string();
    server.call("foldmark/get_changes", &body).await.refused(50_001, "From_Account");
    server.import(&["user_0001"]).await;
    follower.catch_up(&server, 9).await;
    follower.knows_everything(&server).await;
    assert_eq!((follower.resets, follower.records.len()), (2, 0));
    server.stop().await;
}
