//! The Rust client `tencent_im_rs`: its types are strict, so a field that is missing or of another type fails the call.
//!
//! Each reply is given back by the client's own types and compared whole, so that nothing is lost on the way either.

use serde::Serialize;
use serde_json::{Value, json};
use tencent_im_rs::api::v4::TencentHelper;
use tencent_im_rs::api::v4::common::{
    ContactItem, ContactOptType, ConversationType, GroupType, MarkOptType, UpdateGroupType, UpdateType,
};
use tencent_im_rs::api::v4::group_open_http_svc::create_group::{CreateGroupRequest, api_create_group};
use tencent_im_rs::api::v4::group_open_http_svc::destroy_group::{DestroyGroupRequest, api_destroy_group};
use tencent_im_rs::api::v4::group_open_http_svc::get_appid_group_list::{
    GetAppIdGroupListRequest, api_get_appid_group_list,
};
use tencent_im_rs::api::v4::group_open_http_svc::get_group_info::{GetGroupInfoRequest, api_get_group_info};
use tencent_im_rs::api::v4::im_open_login_svc::account_check::{
    self, AccountCheckRequest, api_account_check,
};
use tencent_im_rs::api::v4::im_open_login_svc::account_delete::{
    self, AccountDeleteRequest, api_account_delete,
};
use tencent_im_rs::api::v4::im_open_login_svc::account_import::{AccountImportRequest, api_account_import};
use tencent_im_rs::api::v4::im_open_login_svc::multi_account_import::{
    MultiAccountImportRequest, api_multiaccount_import,
};
use tencent_im_rs::api::v4::recent_contact::create_contact_group::{
    CreateContactGroupRequest, GroupContactItem, api_create_contact_group,
};
use tencent_im_rs::api::v4::recent_contact::del_contact_group::{
    DelContactGroupRequest, api_del_contact_group,
};
use tencent_im_rs::api::v4::recent_contact::delete::{DeleteRequest, api_delete};
use tencent_im_rs::api::v4::recent_contact::get_contact_group::{
    GetContactGroupRequest, api_get_contact_group,
};
use tencent_im_rs::api::v4::recent_contact::mark_contact::{MarkContactRequest, MarkItem, api_mark_contact};
use tencent_im_rs::api::v4::recent_contact::search_contact_group::{
    SearchContactGroupRequest, api_search_contact_group,
};
use tencent_im_rs::api::v4::recent_contact::update_contact_group::{
    ContactUpdateItem, UpdateContactGroupRequest, UpdateGroup, api_update_contact_group,
};

use crate::Failure;
use crate::call::{call, compare_fields};
use crate::cases::Cases;
use crate::server::{ADMINISTRATOR, APP, World};

const CLIENT: &str = "Rust tencent_im_rs 1.0.4";
const USER: &str = "rust_1";
const PEER: &str = "rust_2";
const CHAT_GROUP: &str = "@TGS#1RUST0001";

/// Makes every call that the client has and the server knows.
pub(crate) async fn run(world: &World, cases: &mut Cases) -> Result<(), Failure> {
    let mut helper = TencentHelper::new(world.host(), APP, ADMINISTRATOR.to_owned(), world.signature.clone());
    // As its users do who have something to configure: here, whom to trust and to leave proxies alone.
    *helper.get_client() = world.http.clone();
    let mut client = Client { helper, cases };
    client.accounts().await;
    client.chat_groups(world).await?;
    client.groups().await;
    client.marks().await;
    client.lookups().await;
    client.pages().await;
    client.refusals().await;
    client.ends().await;
    Ok(())
}

struct Client<'a> {
    helper: TencentHelper,
    cases: &'a mut Cases,
}

impl Client<'_> {
    fn compare(&mut self, case: &str, reply: Result<impl Serialize, impl ToString>, expected: &Value) {
        let reply = reply.map_err(|error| error.to_string());
        let reply = reply.and_then(|reply| serde_json::to_value(reply).map_err(|error| error.to_string()));
        self.cases.add(CLIENT, case, reply.and_then(|reply| compare_fields(&reply, expected)));
    }

    async fn accounts(&mut self) {
        let mut request = AccountImportRequest::new(USER);
        request.set_nick(Some("One")).set_face_url(Some("http://www.example.com/1.png"));
        let reply = api_account_import(&mut self.helper, request).await;
        self.compare("account_import", reply, &ok(json!({})));

        let many: Vec<String> = (0..99).map(|n| format!("rust_peer_{n}")).chain([PEER.to_owned()]).collect();
        let reply = api_multiaccount_import(&mut self.helper, MultiAccountImportRequest::new(many)).await;
        self.compare("multiaccount_import", reply, &ok(json!({"FailAccounts": []})));

        let items = vec![account_check::CheckItem::new(USER), account_check::CheckItem::new("rust_nobody")];
        let reply = api_account_check(&mut self.helper, AccountCheckRequest::new(items)).await;
        let expected = ok(json!({"ResultItem": [
            {"UserID": USER, "ResultCode": 0, "ResultInfo": "", "AccountStatus": "Imported"},
            {"UserID": "rust_nobody", "ResultCode": 0, "ResultInfo": "", "AccountStatus": "NotImported"},
        ]}));
        self.compare("account_check", reply, &expected);
    }

    async fn chat_groups(&mut self, world: &World) -> Result<(), Failure> {
        let mut group = CreateGroupRequest::new();
        group.set_group_type(Some(GroupType::Public)).set_name(Some("Team")).set_owner_account(Some(USER));
        group.set_group_id(Some(CHAT_GROUP));
        let reply = api_create_group(&mut self.helper, group).await;
        self.compare("create_group", reply, &ok(json!({"GroupId": CHAT_GROUP})));

        let reply =
            api_get_group_info(&mut self.helper, GetGroupInfoRequest::new(vec![CHAT_GROUP, "rust_none"]))
                .await;
        let expected = ok(json!({"GroupInfo": [
            {"GroupId": CHAT_GROUP, "ErrorCode": 0, "ErrorInfo": "", "Type": "Public", "Name": "Team",
             "Owner_Account": USER, "CreateTime": 0},
            {"GroupId": "rust_none", "ErrorCode": 10010, "ErrorInfo": "…"},
        ]}));
        self.compare("get_group_info", reply, &expected);

        // Of the names that the types of chat groups have, the client knows the older ones.
        let body = json!({"Type": "Meeting", "Name": "Meeting", "GroupId": "rust_meeting"}).to_string();
        call(world, "group_open_http_svc/create_group", body).await?;
        let reply =
            api_get_group_info(&mut self.helper, GetGroupInfoRequest::new(vec!["rust_meeting"])).await;
        let outcome = reply.map(drop).map_err(|error| error.to_string());
        self.cases.add(CLIENT, "get_group_info of a chat group made as Meeting", outcome);

        let reply = api_get_appid_group_list(&mut self.helper, GetAppIdGroupListRequest::new()).await;
        let listed = reply.map_err(|error| error.to_string()).and_then(|reply| {
            let listed = reply.group_id_list.unwrap_or_default();
            match listed.iter().any(|group| group.group_id == CHAT_GROUP) && reply.next == Some(0) {
                true => Ok(()),
                false => Err(format!("{} listed, Next {:?}", listed.len(), reply.next)),
            }
        });
        self.cases.add(CLIENT, "get_appid_group_list", listed);

        let reply = api_destroy_group(&mut self.helper, DestroyGroupRequest::new("rust_meeting")).await;
        self.compare("destroy_group", reply, &ok(json!({})));
        let reply = api_destroy_group(&mut self.helper, DestroyGroupRequest::new("rust_meeting")).await;
        self.compare("destroy_group again", reply, &fail(10010));
        Ok(())
    }

    async fn groups(&mut self) {
        let items = vec![to_user(PEER), to_chat_group(CHAT_GROUP), to_user("rust_nobody")];
        let request = CreateContactGroupRequest::new(USER, vec![GroupContactItem::new("work", items)]);
        let reply = api_create_contact_group(&mut self.helper, request).await;
        let expected = displayed(json!({"GroupResultItem": [{
            "GroupItem": {"GroupName": "work", "GroupId": 1},
            "ResultItem": [
                {"ContactItem": {"Type": 1, "To_Account": PEER}, "ResultCode": 0, "ResultInfo": ""},
                {"ContactItem": {"Type": 2, "ToGroupId": CHAT_GROUP}, "ResultCode": 0, "ResultInfo": ""},
                {"ContactItem": {"Type": 1, "To_Account": "rust_nobody"}, "ResultCode": 50001, "ResultInfo": "…"},
            ],
        }]}));
        self.compare("create_contact_group", reply, &expected);

        let mut change = UpdateGroup::new(UpdateGroupType::GroupName, vec![]);
        change.set_old_group_name(Some("work")).set_new_group_name(Some("projects"));
        let request = UpdateContactGroupRequest::new(USER, UpdateType::AddOrDelete, change);
        let reply = api_update_contact_group(&mut self.helper, request).await;
        let expected = ok(json!({"UpdateType": 1, "UpdateGroupResult": {
            "UpdateGroupType": 1, "GroupName": "projects", "GroupId": 1, "OldGroupName": "work", "ContactResultItem": [],
        }}));
        self.compare("update_contact_group, a rename", reply, &expected);

        let items = vec![
            ContactUpdateItem::new(ContactOptType::Delete, to_chat_group(CHAT_GROUP)),
            ContactUpdateItem::new(ContactOptType::Add, to_chat_group("@TGS#gone")),
        ];
        let mut change = UpdateGroup::new(UpdateGroupType::Conversation, items);
        change.set_old_group_name(Some("projects"));
        let request = UpdateContactGroupRequest::new(USER, UpdateType::AddOrDelete, change);
        let reply = api_update_contact_group(&mut self.helper, request).await;
        let expected = ok(json!({"UpdateType": 1, "UpdateGroupResult": {
            "UpdateGroupType": 2, "GroupName": "projects", "GroupId": 1, "OldGroupName": "projects", "ContactResultItem": [
                {"ContactOptType": 2, "ContactItem": {"Type": 2, "ToGroupId": CHAT_GROUP}, "ResultCode": 0, "ResultInfo": ""},
                {"ContactOptType": 1, "ContactItem": {"Type": 2, "ToGroupId": "@TGS#gone"}, "ResultCode": 51007, "ResultInfo": "…"},
            ],
        }}));
        self.compare("update_contact_group, its conversations", reply, &expected);
    }

    async fn marks(&mut self) {
        let mut both = MarkItem::new(MarkOptType::StandardAndCustom, to_user(PEER));
        both.set_set_mark(Some(vec![0, 4, 63])).set_clear_mark(Some(vec![1])).set_custom_mark(Some("abcd"));
        let mut standard = MarkItem::new(MarkOptType::Standard, to_chat_group(CHAT_GROUP));
        standard.set_set_mark(Some(vec![3]));
        let request = MarkContactRequest::new(USER, vec![both, standard]);
        let reply = api_mark_contact(&mut self.helper, request).await;
        let expected = displayed(json!({"ResultItem": [
            {"OptType": 3, "ContactItem": {"Type": 1, "To_Account": PEER}, "ResultCode": 0, "ResultInfo": ""},
            {"OptType": 1, "ContactItem": {"Type": 2, "ToGroupId": CHAT_GROUP}, "ResultCode": 0, "ResultInfo": ""},
        ]}));
        self.compare("mark_contact", reply, &expected);
    }

    async fn lookups(&mut self) {
        let items = vec![to_user(PEER), to_chat_group(CHAT_GROUP), to_user("rust_peer_0")];
        let reply =
            api_search_contact_group(&mut self.helper, SearchContactGroupRequest::new(USER, items)).await;
        self.compare(
            "search_contact_group",
            reply,
            &ok(json!({"ContactResultItem": records(), "GroupItem": groups()})),
        );

        let reply = api_get_contact_group(&mut self.helper, GetContactGroupRequest::new(USER, 0)).await;
        let page = json!({
            "ContactItem": records(), "GroupItem": groups(), "CompleteFlag": 1, "NextStartIndex": 0,
        });
        self.compare("get_contact_group", reply, &ok(page));
    }

    /// More than a page holds, followed by the cursor.
    async fn pages(&mut self) {
        let marks = |n: usize| {
            let mut item = MarkItem::new(MarkOptType::Standard, to_user(&format!("rust_peer_{n}")));
            item.set_set_mark(Some(vec![1]));
            item
        };
        let request = MarkContactRequest::new(USER, (0..99).map(marks).collect());
        let marked = api_mark_contact(&mut self.helper, request).await;
        let mut outcome = marked.map(|_| ()).map_err(|error| error.to_string());
        let (mut start, mut sizes) = (0, Vec::new());
        while outcome.is_ok() && sizes.len() < 5 {
            match api_get_contact_group(&mut self.helper, GetContactGroupRequest::new(USER, start)).await {
                Ok(page) => {
                    sizes.push(page.contact_item.map_or(0, |items| items.len()));
                    start = page.next_start_index.unwrap_or(0);
                    if page.complete_flag == Some(1) {
                        break;
                    }
                }
                Err(error) => outcome = Err(error.to_string()),
            }
        }
        if outcome.is_ok() && sizes != [100, 1] {
            outcome = Err(format!("pages of {sizes:?} records"));
        }
        self.cases.add(CLIENT, "get_contact_group, page by page", outcome);
    }

    async fn refusals(&mut self) {
        let request = GetContactGroupRequest::new("rust_nobody", 0);
        let reply = api_get_contact_group(&mut self.helper, request).await;
        self.compare("a user that is not there", reply, &fail(50001));

        let reply =
            api_del_contact_group(&mut self.helper, DelContactGroupRequest::new(USER, vec!["none"])).await;
        self.compare("a group that is not there", reply, &fail(51009));

        let long = "n".repeat(65);
        let request = CreateContactGroupRequest::new(USER, vec![GroupContactItem::new(&long, vec![])]);
        let reply = api_create_contact_group(&mut self.helper, request).await;
        self.compare("a name that is too long", reply, &fail(51011));

        let mut change = UpdateGroup::new(UpdateGroupType::Conversation, vec![]);
        change.set_old_group_name(Some("projects"));
        let request = UpdateContactGroupRequest::new(USER, UpdateType::AddOrDelete, change);
        let reply = api_update_contact_group(&mut self.helper, request).await;
        self.compare("an update of no conversation", reply, &fail(51006));
    }

    async fn ends(&mut self) {
        let reply =
            api_del_contact_group(&mut self.helper, DelContactGroupRequest::new(USER, vec!["projects"]))
                .await;
        self.compare("del_contact_group", reply, &ok(json!({"GroupItem": groups()})));

        let mut request = DeleteRequest::new(USER, ConversationType::OneToOne);
        request.set_to_account(Some(PEER)).set_clear_ramble(Some(true));
        let reply = api_delete(&mut self.helper, request).await;
        self.compare("delete, of recent contacts", reply, &ok(json!({})));

        let items =
            vec![account_delete::DeleteItem::new(PEER), account_delete::DeleteItem::new("rust_nobody")];
        let reply = api_account_delete(&mut self.helper, AccountDeleteRequest::new(items)).await;
        let expected = ok(json!({"ResultItem": [
            {"ResultCode": 0, "ResultInfo": "", "UserID": PEER},
            {"ResultCode": 70107, "ResultInfo": "…", "UserID": "rust_nobody"},
        ]}));
        self.compare("account_delete", reply, &expected);
    }
}

fn to_user(account: &str) -> ContactItem {
    let mut item = ContactItem::new(ConversationType::OneToOne);
    item.set_to_account(Some(account));
    item
}

fn to_chat_group(id: &str) -> ContactItem {
    let mut item = ContactItem::new(ConversationType::Group);
    item.set_to_group_id(Some(id));
    item
}

/// The records that the calls above leave.
fn records() -> Value {
    let mark = format!("1{}10001", "0".repeat(58));
    json!([
        {"Type": 1, "To_Account": PEER, "StandardMark": mark, "CustomMark": "abcd", "ContactGroupId": [1], "Timestamp": 0},
        {"Type": 2, "ToGroupId": CHAT_GROUP, "StandardMark": "1000", "Timestamp": 0},
    ])
}

fn groups() -> Value {
    json!([{"GroupName": "projects", "GroupId": 1}])
}

fn ok(payload: Value) -> Value {
    with(payload, json!({"ActionStatus": "OK", "ErrorCode": 0, "ErrorInfo": ""}))
}

fn displayed(payload: Value) -> Value {
    with(ok(payload), json!({"ErrorDisplay": ""}))
}

fn fail(code: i32) -> Value {
    json!({"ActionStatus": "FAIL", "ErrorCode": code, "ErrorInfo": "…"})
}

fn with(mut payload: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut payload, more) {
        fields.extend(more);
    }
    payload
}
