//! Every call against the real server.

use foldmark_client::{
    AccountImport, AccountStatus, ApplyItem, CallName, ChatGroupType, Client, Code, Contact, CreateGroup,
    GroupEx, ListConversations, MarkContact, MarkItem, MemberItem, SetGroupOrder,
};
use futures_util::TryStreamExt;

use crate::support::{builder, real, url};

const USER: &str = "user_0001";

fn user(id: &str) -> Contact<'_> {
    Contact::User(id.into())
}

async fn import(client: &Client, count: usize) -> Vec<String> {
    let ids: Vec<String> = (1..=count).map(|number| format!("user_{number:04}")).collect();
    let accounts: Vec<_> = ids.iter().map(|id| AccountImport::new(id.as_str())).collect();
    assert!(client.accounts_import(&accounts).await.unwrap().fail_accounts.is_empty());
    ids
}

#[tokio::test]
async fn conversation_groups_and_marks() {
    let (server, client) = real(&[]).await;
    import(&client, 3).await;

    let made = client.create_contact_group(USER, "a", &[user("user_0002"), user("nobody")]).await.unwrap();
    let group = &made.value.groups[0];
    assert_eq!((group.group.name.as_ref(), group.group.id), ("a", 1));
    assert_eq!(group.results.iter().map(|result| result.code).collect::<Vec<_>>(), [0, 50001]);
    let revision = made.revision.unwrap();

    let renamed = client.rename_contact_group(USER, "a", "b").await.unwrap();
    assert_eq!((renamed.value.result.old_name.as_ref(), renamed.value.result.name.as_ref()), ("a", "b"));
    assert!(renamed.revision.unwrap() > revision);

    let add = MemberItem::add(user("user_0003"));
    let remove = MemberItem::remove(user("user_0002"));
    let changed = client.change_members(USER, "b", &[add, remove]).await.unwrap();
    assert_eq!(changed.value.result.results.len(), 2);

    let marked = client.mark_contact(USER, &[MarkItem::setting(user("user_0002"), 0b1110)]).await.unwrap();
    assert_eq!(marked.value.results[0].code, 0);

    let found = client.search_contact_group(USER, &[user("user_0002"), user("user_0003")]).await.unwrap();
    assert_eq!(found.value.contacts[0].standard_mark.0, 0b1110);
    assert_eq!(*found.value.contacts[1].group_ids, [1]);

    let page = client.get_contact_group(USER, 0).await.unwrap();
    assert_eq!((page.value.contacts.len(), page.value.groups.len(), page.value.complete_flag), (2, 1, 1));

    let deleted = client.delete_contact_group(USER, "b").await.unwrap();
    assert_eq!(deleted.value.groups[0].id, 1);
    let again = client.delete_contact_group(USER, "b").await.unwrap_err();
    assert_eq!(again.code(), Some(Code::NoSuchContactGroup));
    assert!(!again.is_outcome_unknown() && !again.is_retryable());
    assert!(server.stop().await);
}

#[tokio::test]
async fn every_device() {
    let (server, client) = real(&[]).await;
    import(&client, 3).await;
    let told = client.get_changes(USER, None, None).await.unwrap().value;
    assert!(told.reset && !told.more && told.contacts.is_empty());
    client.create_contact_group(USER, "a", &[user("user_0002")]).await.unwrap();
    client.create_contact_group(USER, "b", &[]).await.unwrap();
    client.set_group_ex(USER, &[GroupEx { name: "b".into(), ex: "red".into() }]).await.unwrap();
    let order = SetGroupOrder { from_account: USER.into(), names: vec!["b".into()] };
    let items = vec![MarkItem::setting(user("user_0002"), 0b10)];
    let commands = vec![
        ApplyItem::SetGroupOrder(order),
        ApplyItem::MarkContact(MarkContact { from_account: USER.into(), items }),
    ];
    let applied = client.apply(USER, commands).await.unwrap();
    assert_eq!(applied.value.results[1].command, "mark_contact");
    let changes = client.get_changes(USER, Some(&told.cursor), None).await.unwrap().value;
    assert!(!changes.reset && !changes.more);
    assert_eq!((changes.groups.len(), changes.contacts[0].standard_mark.0), (2, 0b10));
    let groups = client.list_contact_groups(USER).await.unwrap().value.groups;
    let drawn: Vec<_> =
        groups.iter().map(|one| (one.group.name.as_ref(), one.group.ex.as_ref(), one.count)).collect();
    assert_eq!(drawn, [("b", "red", 0), ("a", "", 1)]);
    let filter = ListConversations {
        from_account: USER.into(),
        group_name: Some("a".into()),
        ..ListConversations::default()
    };
    assert_eq!(client.list_conversations(&filter).await.unwrap().value.contacts.len(), 1);
    client.set_group_order(USER, &["a", "b"]).await.unwrap();
    let copied = client.copy_layout(USER, &["user_0003", "nobody"]).await.unwrap().value;
    assert_eq!(copied.results.iter().map(|result| result.code).collect::<Vec<_>>(), [0, 50001]);
    assert!(server.stop().await);
}

#[tokio::test]
async fn guarded_calls() {
    let (server, client) = real(&[]).await;
    import(&client, 2).await;
    let star = [MarkItem::setting(user("user_0002"), 1)];
    let once = client.idempotency_key("k");
    let first = once.mark_contact(USER, &star).await.unwrap();
    let revision = first.revision.unwrap();
    let clear = MarkItem { clear: 1, set: 0, ..star[0].clone() };
    client.if_revision(revision).mark_contact(USER, std::slice::from_ref(&clear)).await.unwrap();
    assert_eq!(once.mark_contact(USER, &star).await.unwrap(), first);
    let other = once.mark_contact(USER, &[clear]).await.unwrap_err();
    assert_eq!(other.code(), Some(Code::KeyReused));
    let late = client.if_revision(revision).mark_contact(USER, &star).await.unwrap_err();
    assert_eq!(late.code(), Some(Code::RevisionChanged));
    assert!(!late.is_outcome_unknown());
    assert!(server.stop().await);
}

#[tokio::test]
async fn records_come_page_by_page() {
    let (server, client) = real(&[]).await;
    let ids = import(&client, 250).await;
    for batch in ids.chunks(100) {
        let items: Vec<_> = batch.iter().map(|id| MarkItem::setting(user(id), 1)).collect();
        client.mark_contact(USER, &items).await.unwrap();
    }
    let pages: Vec<_> = client.pages(USER).try_collect().await.unwrap();
    let sizes: Vec<_> = pages.iter().map(|page| page.value.contacts.len()).collect();
    assert_eq!(sizes, [100, 100, 50]);
    let records: Vec<_> = client.records(USER).try_collect().await.unwrap();
    let peers: Vec<_> = records.iter().map(|record| record.contact.peer()).collect();
    assert_eq!(peers, ids);
    let mut unknown = client.pages("nobody");
    assert_eq!(unknown.try_next().await.unwrap_err().code(), Some(Code::NotImported));
    assert!(unknown.try_next().await.unwrap().is_none());

    // What is read item by item keeps no client alive by a borrow, and can go to another task.
    let mut records = client.records(USER);
    drop(client);
    let mut count = 0;
    while let Some(record) = records.try_next().await.unwrap() {
        assert_eq!(record.standard_mark.0, 1);
        count += 1;
    }
    assert_eq!(count, 250);
    assert!(server.stop().await);
}

#[tokio::test]
async fn accounts() {
    let (server, client) = real(&[]).await;
    let one = AccountImport { nick: Some("One".into()), ..AccountImport::new(USER) };
    client.account_import_profile(&one).await.unwrap();
    client.account_import("user_0002").await.unwrap();
    let bad = client.accounts_import(&[AccountImport::new("x".repeat(33))]).await.unwrap();
    assert_eq!(bad.fail_accounts.len(), 1);

    let checked = client.account_check(&[USER, "nobody"]).await.unwrap().value;
    let statuses: Vec<_> = checked.results.iter().map(|result| result.status).collect();
    assert_eq!(statuses, [AccountStatus::Imported, AccountStatus::NotImported]);

    let deleted = client.account_delete(&[USER, "nobody"]).await.unwrap().value;
    assert_eq!(deleted.results.iter().map(|result| result.code).collect::<Vec<_>>(), [0, 70107]);
    assert!(server.stop().await);
}

#[tokio::test]
async fn chat_groups() {
    let (server, client) = real(&[]).await;
    let group = |id: Option<&'static str>| CreateGroup {
        group_id: id.map(Into::into),
        ..CreateGroup::new(ChatGroupType::Public, "Sample")
    };
    let named = client.create_group(&group(Some("@TGS#1B2AUI7RZ"))).await.unwrap().value;
    assert_eq!(named.group_id, "@TGS#1B2AUI7RZ");
    let chosen = client.create_group(&group(None)).await.unwrap().value.group_id;

    let info = client.get_group_info(&[&chosen, "nothing"]).await.unwrap().value;
    assert_eq!(info.groups[0].facts.as_ref().unwrap().name, "Sample");
    assert_eq!(info.groups[1].code, 10010);

    let mut listed: Vec<_> =
        client.list_groups(None).map_ok(|group| group.group_id).try_collect().await.unwrap();
    listed.sort();
    let mut expected = [named.group_id, chosen.clone()];
    expected.sort();
    assert_eq!(listed, expected);

    client.destroy_group(&chosen).await.unwrap();
    let again = client.destroy_group(&chosen).await.unwrap_err();
    assert_eq!(again.code(), Some(Code::NoSuchChatGroup));
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_call_as_it_comes() {
    let (server, client) = real(&[]).await;
    let reply = client.call_raw(CallName::AccountCheck, r#"{"CheckItem":[]}"#).await.unwrap();
    assert!(
        reply
            .url
            .contains("/v4/im_open_login_svc/account_check?sdkappid=1400000000&identifier=administrator")
    );
    assert!(!format!("{reply:?}").contains("usersig"), "{reply:?}");
    assert!(reply.body.starts_with(br#"{"ActionStatus":"FAIL","ErrorCode":70402"#));
    assert!(server.stop().await);
}

#[tokio::test]
async fn who_may_call() {
    let (server, client) = real(&[]).await;
    let url = url(&server);
    let code = async |client: Client| client.get_contact_group(USER, 0).await.unwrap_err().code();
    assert_eq!(code(client).await, Some(Code::NotImported));
    let other = builder(&url).identifier("someone").build().unwrap();
    assert_eq!(code(other).await, Some(Code::NotAdministrator));
    let wrong = Client::builder(&url, crate::support::SDKAPPID).key("another key").build().unwrap();
    assert_eq!(code(wrong).await, Some(Code::UserSigVerification));
    let unreadable = Client::builder(&url, crate::support::SDKAPPID).usersig("x").build().unwrap();
    assert_eq!(code(unreadable).await, Some(Code::UserSigInvalid));
    let spaced = builder(&url).identifier("no body & co").build().unwrap();
    assert_eq!(code(spaced).await, Some(Code::NotAdministrator));
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_refused_rate_is_waited_for() {
    let (server, client) = real(&[("apps.0.limits.calls.mark_contact", "1")]).await;
    import(&client, 1).await;
    for bit in 0..2 {
        // Without a repeat the second call within a second would be refused with 60007.
        client.mark_contact(USER, &[MarkItem::setting(user(USER), 1 << bit)]).await.unwrap();
    }
    let found = client.search_contact_group(USER, &[user(USER)]).await.unwrap();
    assert_eq!(found.value.contacts[0].standard_mark.0, 0b11);
    assert!(server.stop().await);
}

#[tokio::test]
async fn many_calls_at_once() {
    let (server, client) = real(&[]).await;
    import(&client, 1).await;
    let calls = (0..50).map(|_| {
        let client = client.clone();
        async move { client.get_contact_group(USER, 0).await.map(|page| page.value.groups.len()) }
    });
    let answers = futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(answers, [0; 50]);
    assert!(server.stop().await);
}
