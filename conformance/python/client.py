"""The client timsdk. Its host is fixed, so it finds the server under the vendor's name."""

import os

from timsdk import TimClient

USER = "python_1"
CHAT_GROUP_TYPE = "Public"


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


def status(reply, code=0):
    same((reply["ActionStatus"], reply["ErrorCode"]), ("FAIL" if code else "OK", code))
    return reply


def client(key):
    return TimClient(int(os.environ["FOLDMARK_APP"]), key)


tim = client(os.environ["FOLDMARK_KEY"])
accounts = tim.im_open_login_svc
chat_groups = tim.group_open_http_svc
made = []


def create_group():
    reply = status(chat_groups.create_group("Team", owner_account=USER, group_type=CHAT_GROUP_TYPE))
    same(reply["GroupId"].startswith("@TGS#"), True)
    made.append(reply["GroupId"])


def get_group_info():
    reply = status(chat_groups.get_group_info([made[0], "@TGS#gone"]))
    same([group["ErrorCode"] for group in reply["GroupInfo"]], [0, 10010])
    same(reply["GroupInfo"][0]["Name"], "Team")


def account_delete():
    reply = status(accounts.account_delete(["python_2", "python_nobody"]))
    same([item["ResultCode"] for item in reply["ResultItem"]], [0, 70107])


attempt("account_import", lambda: status(accounts.account_import(USER, nick="Eins", face_url="http://www.example.com/1.png")))
attempt("multiaccount_import", lambda: same(status(accounts.im_open_login_svc(["python_2"]))["FailAccounts"], []))
attempt("account_check, which it sends by GET", lambda: status(accounts.account_check([USER])))
attempt("create_group", create_group)
attempt("get_group_info", get_group_info)
attempt("get_appid_group_list, which it sends by GET", lambda: status(chat_groups.get_app_id_group_list()))
attempt("account_delete", account_delete)
attempt("a wrong key", lambda: status(client("another key").im_open_login_svc.account_import(USER), 70009))
print("done")
