//! The fields of requests, and the types that they are of.

use crate::console::chinese::Texts;

pub(in crate::console::chinese) const TEXTS: Texts = &[
    (
        "0 for the first page, then `NextStartIndex` of the page before. Left out it is 0.",
        "首页为 0，之后为上一页的 `NextStartIndex`。省略时为 0。",
    ),
    (
        "0 for the first page, then `Next` of the page before. Left out it is 0.",
        "首页为 0，之后为上一页的 `Next`。省略时为 0。",
    ),
    ("0, or `NextStartIndex` of the page before.", "0，或上一页的 `NextStartIndex`。"),
    ("1 to 100 accounts.", "1 到 100 个账号。"),
    ("1: a conversation group is changed.", "1：更改会话分组。"),
    ("1: add the conversation. 2: remove it.", "1：添加会话。2：移除会话。"),
    (
        "1: the group gets another name. 2: conversations are added and removed.",
        "1：为分组改名。2：添加和移除会话。",
    ),
    ("1: with a user. 2: with a chat group.", "1：与用户的会话。2：与群聊的会话。"),
    (
        "A change of the marks of one conversation. Bits in neither list stay as they are.",
        "对一个会话的标记的变更。两个列表中都没有的位保持不变。",
    ),
    (
        "A command: the fields of the call of its name, without `From_Account`.",
        "一个命令：同名接口的字段，但不带 `From_Account`。",
    ),
    (
        "A conversation of a user. The field that does not belong to `Type` is ignored in requests and left out in replies.",
        "用户的一个会话。与 `Type` 不符的字段在请求中忽略，在响应中省略。",
    ),
    ("A conversation to add or to remove.", "要添加或移除的会话。"),
    (
        "A custom mark: at most 256 bytes of UTF-8, or as many as `apps.limits.custom_mark_bytes` of the server allows, at most 512; no NUL.",
        "自定义标记：最多 256 字节的 UTF-8，或服务器的 `apps.limits.custom_mark_bytes` 所允许的长度，不超过 512；不含 NUL。",
    ),
    ("A group to be made, and who is in it at first.", "要创建的分组，以及最初的会话。"),
    ("A member.", "一个成员。"),
    ("A moment in Unix seconds.", "以 Unix 秒表示的时刻。"),
    ("A place in a user's changes, to be given back as it is.", "用户变更中的一个位置，须原样传回。"),
    ("A rename, or changes of the members.", "改名，或更改成员。"),
    (
        "Accounts by their ids alone. At most 100 together with `AccountList`, and one in either.",
        "仅以 ID 表示的账号。与 `AccountList` 合计最多 100 个，两者中至少有一个账号。",
    ),
    ("Accounts with their profiles.", "带资料的账号。"),
    ("Always 1.", "固定为 1。"),
    ("An account with its profile.", "一个带资料的账号。"),
    ("An account, by its id.", "以 ID 表示的账号。"),
    (
        "At most 512 bytes of UTF-8, no NUL, that a user interface keeps about a group. Foldmark gives it no meaning.",
        "供界面为分组保存的内容，最多 512 字节的 UTF-8，不含 NUL。Foldmark 不解释其含义。",
    ),
    ("Changes at most; 100 if it is left out.", "变更数上限；省略时为 100。"),
    ("Conversations at most; 100 if it is left out.", "会话数上限；省略时为 100。"),
    ("How many ids the page may have.", "每页的 ID 数上限。"),
    ("Only chat groups of this type.", "仅此类型的群聊。"),
    ("That of the last reply; left out, everything is told.", "上一次响应中的游标；省略时返回全部内容。"),
    (
        "The bits to clear, before any is set. Ignored with `OptType` 2.",
        "要清除的位，在设置之前执行。`OptType` 为 2 时忽略。",
    ),
    ("The bits to set. Ignored with `OptType` 2.", "要设置的位。`OptType` 为 2 时忽略。"),
    ("The change.", "变更内容。"),
    ("The changes of marks.", "标记的变更。"),
    (
        "The changes of the members, 1 to 100, made in this order. Needed with `UpdateGroupType` 2, ignored with 1.",
        "成员的变更，1 到 100 项，按此顺序执行。`UpdateGroupType` 为 2 时必填，为 1 时忽略。",
    ),
    ("The changes, 1 to 100, made in this order.", "变更，1 到 100 项，按此顺序执行。"),
    (
        "The chat group, with `Type` 2; left out in replies with `Type` 1.",
        "群聊，用于 `Type` 2；`Type` 为 1 时响应中省略。",
    ),
    ("The commands, 1 to 100, carried out in this order.", "命令，1 到 100 个，按此顺序执行。"),
    ("The conversation.", "会话。"),
    ("The conversations to look up, 1 to 300.", "要查询的会话，1 到 300 个。"),
    (
        "The custom mark to have; the empty string removes it. Needed with `OptType` 2, ignored with 1; left out with 3, it stays as it is.",
        "要设置的自定义标记；空字符串表示移除。`OptType` 为 2 时必填，为 1 时忽略；为 3 且省略时保持不变。",
    ),
    ("The first members, at most 100.", "最初的成员，最多 100 个。"),
    (
        "The first members, at most 100. They are looked at and not kept.",
        "最初的成员，最多 100 个。仅作检查，不保存。",
    ),
    ("The group to make: exactly one.", "要创建的分组：恰好一个。"),
    ("The groups, 1 to 100.", "分组，1 到 100 个。"),
    (
        "The id of a chat group: 1 to 64 bytes of UTF-8 without control characters. In the chat group calls only printable ASCII, and at most 48 bytes unless it starts with `@TGS#`.",
        "群聊 ID：1 到 64 字节的 UTF-8，不含控制字符。在群聊接口中只能是可打印的 ASCII，且除非以 `@TGS#` 开头，否则最多 48 字节。",
    ),
    (
        "The id of a user: 1 to 32 bytes of UTF-8 without control characters.",
        "用户 ID：1 到 32 字节的 UTF-8，不含控制字符。",
    ),
    ("The id that it shall have; left out, the server draws one.", "指定的 ID；省略时由服务器生成。"),
    ("The id.", "ID。"),
    (
        "The id. Older clients call this field `Identifier`, here only.",
        "ID。较旧的客户端将此字段称为 `Identifier`，仅在此处如此。",
    ),
    ("The ids, 1 to 50.", "ID，1 到 50 个。"),
    ("The name of a call that can be a command.", "可作为命令的接口的名称。"),
    ("The name of a chat group: 1 to 100 bytes of UTF-8.", "群聊名称：1 到 100 字节的 UTF-8。"),
    (
        "The name of a conversation group, unique within its user and compared byte for byte: 1 to 64 bytes of UTF-8, or as many as `apps.limits.group_name_bytes` of the server allows, at most 128; no NUL.",
        "会话分组的名称，在同一用户内唯一，按字节比较：1 到 64 字节的 UTF-8，或服务器的 `apps.limits.group_name_bytes` 所允许的长度，不超过 128；不含 NUL。",
    ),
    ("The name of the group.", "分组的名称。"),
    ("The name of the group: exactly one.", "分组的名称：恰好一个。"),
    (
        "The name that it shall have. Needed with `UpdateGroupType` 1, ignored with 2.",
        "新名称。`UpdateGroupType` 为 1 时必填，为 2 时忽略。",
    ),
    ("The name that the group shall have.", "分组要使用的名称。"),
    ("The name.", "名称。"),
    (
        "The names of the groups that come first, 1 to 100, each once.",
        "排在最前的分组的名称，1 到 100 个，不重复。",
    ),
    (
        "The nickname, at most 500 bytes of UTF-8; left out, it stays as it is.",
        "昵称，最多 500 字节的 UTF-8；省略时保持不变。",
    ),
    (
        "The number of a bit of the standard mark. 0 is the favourite, 1 unread, 2 folded, 3 hidden; 4 to 31 are reserved, 32 to 63 for the application. Foldmark only keeps them.",
        "标准标记中某一位的编号。0 为星标，1 为未读，2 为折叠，3 为隐藏；4 到 31 保留，32 到 63 由应用使用。Foldmark 仅保存它们。",
    ),
    ("The owner, who must be imported.", "群主，必须已导入。"),
    (
        "The peer, with `Type` 1; left out in replies with `Type` 2.",
        "对方用户，用于 `Type` 1；`Type` 为 2 时响应中省略。",
    ),
    ("The present name of the group.", "分组当前的名称。"),
    (
        "The type of a chat group. `Private` and `ChatRoom` are older names of `Work` and `Meeting`; each is kept as sent.",
        "群聊类型。`Private` 和 `ChatRoom` 是 `Work` 和 `Meeting` 的旧名称；按发送的名称保存。",
    ),
    ("The type.", "类型。"),
    ("The user whose groups and marks are meant.", "分组和标记所属的用户。"),
    ("The user.", "用户。"),
    ("Those in this group.", "在此分组中的会话。"),
    ("Those of this type.", "此类型的会话。"),
    ("Those that changed then or later.", "在此时刻或之后有变更的会话。"),
    (
        "Those who get what `From_Account` has, 1 to 100.",
        "接收 `From_Account` 的分组和标记的用户，1 到 100 个。",
    ),
    (
        "Those whose custom mark begins so and is not empty. Not together with `CustomMark`.",
        "自定义标记以此开头且不为空的会话。不能与 `CustomMark` 同时使用。",
    ),
    ("Those with all of these bits.", "具有全部这些位的会话。"),
    ("Those with one of these bits; an empty list asks nothing.", "具有其中任一位的会话；空列表表示不限。"),
    (
        "Those with this custom mark; empty: with none.",
        "具有此自定义标记的会话；空字符串：没有自定义标记的会话。",
    ),
    ("What to keep about one group.", "为一个分组保存的内容。"),
    ("What to keep; empty removes it.", "要保存的内容；空字符串表示移除。"),
    (
        "Where the user's picture is, at most 500 bytes of UTF-8; left out, it stays as it is.",
        "用户头像的地址，最多 500 字节的 UTF-8；省略时保持不变。",
    ),
    ("Whether it is added or removed.", "添加还是移除。"),
    ("Which call it is as, and so which fields it has.", "与哪个接口相同，并由此决定有哪些字段。"),
    (
        "Which marks a change is about. 1: the standard mark. 2: the custom mark. 3: both.",
        "变更涉及哪些标记。1：标准标记。2：自定义标记。3：两者。",
    ),
    ("Which marks the change is about.", "此变更涉及哪些标记。"),
    ("Which of the two it is.", "是两者中的哪一个。"),
    ("Which of the two others names the peer.", "由另外两个字段中的哪一个指明对方。"),
    (
        "With `del_contact_group` the group; with `set_group_order` those that come first.",
        "用于 `del_contact_group` 时为要删除的分组；用于 `set_group_order` 时为排在最前的分组。",
    ),
];
