"""What `schemathesis` has to know of Foldmark's calls beyond the document, and the checks that only they can have.

The protocol answers a refusal with the HTTP status 200 and a code in the body, so the fuzzer's own checks of refused and
accepted data, which look at the status, say nothing here. Those of this file look at the codes. What a request is worth
is decided anew by `jsonschema` from the bytes that were sent, not by what the fuzzer meant to send.

The environment names the caller: FOLDMARK_SDKAPPID, FOLDMARK_IDENTIFIER, FOLDMARK_USERSIG.
"""

import json
import os
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import jsonschema
import schemathesis

CALLER = {
    "sdkappid": os.environ["FOLDMARK_SDKAPPID"],
    "identifier": os.environ["FOLDMARK_IDENTIFIER"],
    "usersig": os.environ["FOLDMARK_USERSIG"],
}
SUCCESS = 0
NOT_HTTP = 60002
# The codes that tell of what is malformed by what it is: too many members, a name that no group can have, a revision or
# an order that is not the user's, a header that is looked at before the body.
MALFORMED_NAMED = {10005, 51009, 51011, 52001, 52002, 60025}
# Half of what a request line and its headers may have together.
HEAD_BYTES = 32 << 10
# The codes that call a request malformed. A request that is as the document says is never given one of them.
MALFORMED = {10004, 10015, 50002, 51006, 60002, 60003, 60015, 70206, 70402}


@schemathesis.hook
def filter_headers(context, headers):
    """Bytes that no header may have make a request that is not HTTP, and no call."""
    return all(value.isascii() and value.isprintable() for value in (headers or {}).values())


@schemathesis.hook
def filter_query(context, query):
    """Nor is what is longer than the server reads."""
    return len(urlencode(query or {}, doseq=True)) < HEAD_BYTES


@schemathesis.hook
def before_call(context, case, kwargs):
    """Signs the request, unless the query is what is wrong with it."""
    if not query_is_wrong(case):
        case.query = {**(case.query or {}), **CALLER}


@schemathesis.check
def other_methods_are_refused(context, response, case):
    """What is not sent by POST is no call."""
    if case.method not in {"POST", "HEAD", "OPTIONS"}:
        assert response.json()["ErrorCode"] == NOT_HTTP, "another method than POST was served"


@schemathesis.check
def the_code_is_documented(context, response, case):
    """Every code of a reply is one that the document has for this call."""
    if case.method != "POST":
        return
    whole, items = documented_codes(case.operation)
    reply = response.json()
    assert reply["ErrorCode"] in whole, f"ErrorCode {reply['ErrorCode']} is not documented for the call"
    for code in item_codes(reply):
        assert code in items, f"ResultCode {code} is not documented for the call's items"


@schemathesis.check
def the_status_is_the_code(context, response, case):
    """`ActionStatus` is `OK` with the code 0 alone, and a refusal says why."""
    if case.method != "POST":
        return
    reply = response.json()
    good = reply["ErrorCode"] == SUCCESS
    assert (reply["ActionStatus"] == "OK") == good, "ActionStatus and ErrorCode disagree"
    assert (reply["ErrorInfo"] == "") == good, "a refusal without a text, or a text without a refusal"


@schemathesis.check
def callers_are_known(context, response, case):
    """Who does not sign, or does not sign rightly, is refused."""
    if case.method != "POST":
        return
    sent = dict(parse_qsl(urlsplit(response.request.url).query, keep_blank_values=True))
    if any(sent.get(name) != value for name, value in CALLER.items()):
        assert response.json()["ErrorCode"] != SUCCESS, "a caller without a right UserSig was served"


@schemathesis.check
def bodies_are_judged_by_the_document(context, response, case):
    """A body that breaks its schema is refused, as a whole or in an item, and one that keeps it is not malformed."""
    if case.method != "POST" or query_is_wrong(case):
        return
    reply = response.json()
    codes = {reply["ErrorCode"], *item_codes(reply)}
    problem = problem_of(case.operation, response.request.body)
    if problem:
        is_refused = codes & (MALFORMED | MALFORMED_NAMED) or reply.get("FailAccounts")
        assert is_refused, f"answered with {codes}, though {problem}"
    elif is_plain(response.request.body):
        wrong = codes & MALFORMED
        assert not wrong, f"refused with {wrong}, though the body is as its schema says: {reply['ErrorInfo']}"


def query_is_wrong(case):
    component = case.meta.components.get("query") if case.meta else None
    return component is not None and component.mode.is_negative


def problem_of(operation, body):
    """What is wrong with the bytes of a body, or None."""
    try:
        value = as_read(without_nulls(json.loads(body or b"")), operation.path.rsplit("/", 1)[-1])
    except ValueError as error:
        return f"the body is no JSON: {error}"
    document = operation.schema.raw_schema
    schema = operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    found = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if found is not None:
        return f"{found.json_path}: {found.message[:200]}"
    if operation.path.endswith("/multiaccount_import") and not 1 <= len(accounts_of(value)) <= 100:
        return "there are too few accounts, or too many"
    if "/group_open_http_svc/" in operation.path and any(map(is_long_id, chat_group_ids(value))):
        return "the id of a chat group is too long"
    if operation.path.endswith("/list_conversations"):
        return "CustomMark and CustomMarkPrefix stand together" if MARK_FILTERS <= value.keys() else None
    if operation.path.endswith("/set_group_order"):
        return named_twice(value["GroupName"])
    if operation.path.endswith("/apply"):
        return problem_of_commands(value["CommandItem"])
    return missing(value)


# What the descriptions of the fields say and schemas do not: by the value of a field, what is needed, what is ignored.
BY_FIELD = {
    "Type": {1: (["To_Account"], ["ToGroupId"]), 2: (["ToGroupId"], ["To_Account"])},
    "OptType": {1: ([], ["CustomMark"]), 2: (["CustomMark"], ["SetMark", "ClearMark"])},
    "UpdateGroupType": {
        1: (["NewGroupName"], ["ContactUpdateItem"]),
        2: (["ContactUpdateItem"], ["NewGroupName"]),
    },
}
# The fields that each command of `apply` has, beside its name. It ignores those of the others.
COMMANDS = {
    "create_contact_group": ["GroupContactItem"],
    "update_contact_group": ["UpdateType", "UpdateGroup"],
    "del_contact_group": ["GroupName"],
    "mark_contact": ["MarkItem"],
    "set_group_order": ["GroupName"],
    "set_group_ex": ["GroupItem"],
}
FIELDS_OF_COMMANDS = {name for fields in COMMANDS.values() for name in fields}
BY_FIELD["Command"] = {
    command: (fields, sorted(FIELDS_OF_COMMANDS.difference(fields))) for command, fields in COMMANDS.items()
}
# Conversations that the commands of `apply` may name together.
CONVERSATIONS_OF_COMMANDS = 500

# In `list_conversations` these look for something. A mark that is too long to be one is not found, and not refused.
MARK_FILTERS = {"CustomMark", "CustomMarkPrefix"}
MARK_LENGTH = 512


def as_read(value, call=None):
    """The value without the fields that the server ignores."""
    if isinstance(value, list):
        return [as_read(item) for item in value]
    if not isinstance(value, dict):
        return value
    if call == "list_conversations":
        # `Type` is a filter here, and not the type of a conversation that stands beside it.
        is_long = lambda name, field: name in MARK_FILTERS and isinstance(field, str)
        return {name: field[:MARK_LENGTH] if is_long(name, field) else field for name, field in value.items()}
    ignored = {name for _, ignored in rules_of(value) for name in ignored}
    return {name: as_read(field) for name, field in value.items() if name not in ignored}


def missing(value):
    """Which field of a value that its schema allows is missing all the same, or None."""
    if isinstance(value, list):
        return next(filter(None, map(missing, value)), None)
    if not isinstance(value, dict):
        return None
    absent = [name for needed, _ in rules_of(value) for name in needed if name not in value]
    return f"{absent[0]} is missing" if absent else missing(list(value.values()))


def problem_of_commands(commands):
    """What is wrong with the commands of `apply` that their schemas allow, or None."""
    named = 0
    for command in commands:
        if "From_Account" in command:
            return "a command has a user of its own"
        if problem := missing(command):
            return problem
        names = command.get("GroupName", [])
        if command["Command"] == "del_contact_group" and len(names) != 1:
            return "not exactly one group is to be deleted"
        if problem := named_twice(names):
            return problem
        made = [item.get("ContactItem", []) for item in command.get("GroupContactItem", [])]
        changed = command.get("UpdateGroup", {}).get("ContactUpdateItem", [])
        named += sum(map(len, made)) + len(changed) + len(command.get("MarkItem", []))
    return "the commands name too many conversations" if named > CONVERSATIONS_OF_COMMANDS else None


def named_twice(names):
    return "a group is named twice" if len(set(names)) < len(names) else None


def accounts_of(value):
    return value.get("Accounts", []) + value.get("AccountList", [])


def chat_group_ids(value):
    return [value["GroupId"]] if "GroupId" in value else value.get("GroupIdList", [])


def is_long_id(chat_group):
    return len(chat_group) > 48 and not chat_group.startswith("@TGS#")


def rules_of(value):
    for name, rules in BY_FIELD.items():
        chosen = value.get(name)
        if isinstance(chosen, (int, str)) and not isinstance(chosen, bool) and chosen in rules:
            yield rules[chosen]


def without_nulls(value):
    """`null` is the same as leaving a field out; in a list it stays and is wrong."""
    if isinstance(value, dict):
        return {name: without_nulls(field) for name, field in value.items() if field is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def is_plain(body):
    """Whether schemas and server must agree: the former count characters and take 1.0 for an integer, the latter counts
    bytes and does not, which the document says in words."""
    fractions = []
    text = json.dumps(json.loads(body, parse_float=fractions.append), ensure_ascii=True)
    return "\\" not in text and not fractions


def item_codes(reply):
    """The codes of all items, wherever they stand: `ResultCode`, or `ErrorCode` below the top."""
    codes = []
    waiting = [field for name, field in reply.items() if name != "ErrorCode"]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            codes += [code for name, code in value.items() if name in {"ResultCode", "ErrorCode"}]
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return codes


def documented_codes(operation):
    """The codes of the call's two tables: of the whole call, and of its items."""
    whole, _, items = operation.definition.raw["description"].partition("Codes for an item")
    row = re.compile(r"^\| (\d+) \|", re.MULTILINE)
    return {SUCCESS, *map(int, row.findall(whole))}, {SUCCESS, *map(int, row.findall(items))}
