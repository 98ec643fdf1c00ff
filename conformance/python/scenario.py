"""One scenario with the client that openapi-python-client made of the server's OpenAPI document."""

import os
import ssl

from foldmark_api import Client, models
from foldmark_api.api.group_open_http_svc import create_group
from foldmark_api.api.im_open_login_svc import account_check, multiaccount_import
from foldmark_api.api.recentcontact import (
    create_contact_group,
    del_contact_group,
    get_contact_group,
    mark_contact,
    search_contact_group,
    update_contact_group,
)
from foldmark_api.types import UNSET

USER = "generated_1"
PEER = "generated_2"
CHAT_GROUP = "@TGS#1GEN00001"

context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
client = Client(
    base_url="https://" + os.environ["FOLDMARK_HOST"], verify_ssl=context, raise_on_unexpected_status=True
)
access = {
    "client": client,
    "sdkappid": int(os.environ["FOLDMARK_APP"]),
    "identifier": "administrator",
    "usersig": os.environ["FOLDMARK_USERSIG"],
    "random": 4294967295,
    "contenttype": models.ContentType.JSON,
}
peer = models.Conversation(type_=models.ConversationType(1), to_account=PEER)
chat_group = models.Conversation(type_=models.ConversationType(2), to_group_id=CHAT_GROUP)


def attempt(name, body):
    """Prints what came of a case."""
    try:
        body()
        print("ok " + name)
    except Exception as error:  # whatever a client makes of it is the outcome
        print("failed " + name + ": " + repr(error).replace("\n", " "))


def same(found, expected):
    if found != expected:
        raise AssertionError(f"found {found!r} in place of {expected!r}")


def coded(reply, code=0):
    same((reply.action_status.value, reply.error_code), ("FAIL" if code else "OK", code))
    same(reply.additional_properties, {})
    return reply


def accounts():
    reply = coded(multiaccount_import.sync(body=models.MultiaccountImportRequest(accounts=[USER, PEER]), **access))
    same(reply.fail_accounts, [])
    items = [models.AccountName(user_id=USER), models.AccountName(user_id="generated_nobody")]
    reply = coded(account_check.sync(body=models.AccountCheckRequest(check_item=items), **access))
    same([item.account_status.value for item in reply.result_item], ["Imported", "NotImported"])


def a_chat_group():
    body = models.CreateGroupRequest(type_=models.ChatGroupType.PUBLIC, name="Team", group_id=CHAT_GROUP)
    same(coded(create_group.sync(body=body, **access)).group_id, CHAT_GROUP)


def create():
    group = models.NewContactGroup(group_name="work", contact_item=[peer, chat_group])
    body = models.CreateContactGroupRequest(from_account=USER, group_contact_item=[group])
    made = coded(create_contact_group.sync(body=body, **access)).group_result_item[0]
    same((made.group_item.group_name, made.group_item.group_id), ("work", 1))
    same([item.result_code for item in made.result_item], [0, 0])
    same(made.result_item[0].contact_item, peer)


def update():
    rename = models.ContactGroupUpdate(
        update_group_type=models.UpdateGroupType.RENAME, old_group_name="work", new_group_name="projects"
    )
    reply = coded(update_contact_group.sync(body=changed(rename), **access))
    same((reply.update_group_result.group_name, reply.update_group_result.contact_result_item), ("projects", []))
    change = models.MemberChange(contact_opt_type=models.ContactOptType(2), contact_item=chat_group)
    members = models.ContactGroupUpdate(
        update_group_type=models.UpdateGroupType.MEMBERS, old_group_name="projects", contact_update_item=[change]
    )
    reply = coded(update_contact_group.sync(body=changed(members), **access))
    same([item.result_code for item in reply.update_group_result.contact_result_item], [0])


def changed(update_group):
    return models.UpdateContactGroupRequest(
        from_account=USER, update_type=models.UpdateType(1), update_group=update_group
    )


def mark():
    change = models.MarkChange(
        opt_type=models.OptType(3), contact_item=peer, clear_mark=[1], set_mark=[0, 4, 63], custom_mark="abcd"
    )
    reply = coded(mark_contact.sync(body=models.MarkContactRequest(from_account=USER, mark_item=[change]), **access))
    same([(item.opt_type.value, item.result_code) for item in reply.result_item], [(3, 0)])


def look():
    body = models.SearchContactGroupRequest(from_account=USER, contact_item=[peer, chat_group])
    (record,) = coded(search_contact_group.sync(body=body, **access)).contact_result_item
    same((record.standard_mark, record.custom_mark, record.contact_group_id), ("1" + "0" * 58 + "10001", "abcd", [1]))
    same((record.to_group_id, record.timestamp > 1700000000), (UNSET, True))
    page = coded(get_contact_group.sync(body=models.GetContactGroupRequest(from_account=USER), **access))
    same((page.complete_flag.value, page.next_start_index, page.contact_item), (1, 0, [record]))


def delete():
    body = models.DelContactGroupRequest(from_account=USER, group_name=["projects"])
    same([group.group_id for group in coded(del_contact_group.sync(body=body, **access)).group_item], [1])
    coded(del_contact_group.sync(body=body, **access), 51009)


attempt("accounts", accounts)
attempt("a chat group", a_chat_group)
attempt("create_contact_group", create)
attempt("update_contact_group", update)
attempt("mark_contact", mark)
attempt("search_contact_group and get_contact_group", look)
attempt("del_contact_group, twice", delete)
print("done")
