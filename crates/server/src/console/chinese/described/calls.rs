//! The services and what each call is for: of a description its first paragraph.

use crate::console::chinese::Texts;

pub(in crate::console::chinese) const TEXTS: Texts = &[
    ("Conversation groups and conversation marks of a user.", "用户的会话分组和会话标记。"),
    ("Which users exist.", "有哪些用户。"),
    ("Which chat groups exist.", "有哪些群聊。"),
    (
        "Foldmark's own calls: the same on every device of a user.",
        "Foldmark 自有的接口：让用户的每台设备保持一致。",
    ),
    ("Make a conversation group", "创建会话分组"),
    (
        "Makes one group of conversations of a user, and puts up to 100 conversations into it. If the user has a group of that name, its number is given and the conversations are added to it, so the call can be repeated. A user may have 20 groups, and 1,000 conversations in groups, unless the server allows another number. A conversation that cannot be added is refused by itself; the others are added.",
        "为用户创建一个会话分组，并可加入最多 100 个会话。如果用户已有同名分组，则返回其编号并把会话加入其中，因此可以重复调用。除非服务器另有设定，每个用户最多有 20 个分组，分组内的会话最多 1,000 个。无法加入的会话会单独被拒绝，其余会话照常加入。",
    ),
    ("Rename a conversation group or change its members", "重命名会话分组或更改其成员"),
    (
        "Gives a group another name, or adds conversations to it and removes others, up to 100 changes in their order. Adding what is in the group and removing what is not are successes that change nothing. The name of another group of the user is refused with 50002.",
        "为分组改名，或向其中添加、移除会话，一次最多 100 项变更，按顺序执行。添加已在分组中的会话、移除不在分组中的会话均视为成功，且不改变任何内容。如果新名称已被该用户的其他分组使用，则以 50002 拒绝。",
    ),
    ("Delete a conversation group", "删除会话分组"),
    (
        "Deletes one group and takes its conversations out of it. Their marks and their other groups stay. A conversation of which nothing is left to keep is forgotten.",
        "删除一个分组，并将其中的会话移出。这些会话的标记和所属的其他分组保留不变。不再有任何内容的会话记录会被清除。",
    ),
    ("Set and clear marks of conversations", "设置和清除会话标记"),
    (
        "Changes the marks of up to 100 conversations: the 64 bits of the standard mark, named by their numbers, and the custom mark, a string. Bits are cleared first, then set. A user may have 1,000 conversations with marks, unless the server allows another number. A change that cannot be made is refused by itself; the others are made.",
        "更改最多 100 个会话的标记：标准标记的 64 个位（以编号表示），以及自定义标记（字符串）。先清除位，再设置位。除非服务器另有设定，每个用户最多有 1,000 个带标记的会话。无法执行的变更会单独被拒绝，其余照常执行。",
    ),
    ("List all groups and marks of a user", "列出用户的全部分组和标记"),
    (
        "Gives everything that is kept for a user, 100 conversations a page, in the order in which they got their first group or mark. Go on with `NextStartIndex` while `CompleteFlag` is 0. What is removed between two pages makes no other conversation come twice or not at all. Conversations with disbanded chat groups are left out.",
        "返回用户的全部记录，每页 100 个会话，按首次获得分组或标记的先后排列。`CompleteFlag` 为 0 时，用 `NextStartIndex` 继续。两页之间即使有会话被移除，其他会话也不会重复或遗漏。与已解散群聊的会话不返回。",
    ),
    ("Look up groups and marks of conversations", "查询会话的分组和标记"),
    (
        "Gives what is kept for up to 300 conversations of a user, and the groups that these are in. Conversations of which nothing is kept are left out.",
        "返回用户最多 300 个会话的记录，以及它们所属的分组。没有记录的会话不返回。",
    ),
    ("Import an account", "导入账号"),
    (
        "Makes an account known, so that its data can be kept and others can name it. Importing it again is a success and changes the profile. Not needed where the application's `accounts` is `open`.",
        "登记一个账号，之后才能保存其数据，其他用户也才能引用它。再次导入视为成功，并会更新资料。如果应用的 `accounts` 为 `open`，则无需导入。",
    ),
    ("Import many accounts", "批量导入账号"),
    (
        "Imports 1 to 100 accounts, each by itself. Those that were not imported are listed. If all of them failed because something broke, the call is refused as a whole.",
        "导入 1 到 100 个账号，逐个处理，并列出未导入的账号。如果因故障全部失败，则整个调用被拒绝。",
    ),
    ("Ask which accounts are imported", "查询账号是否已导入"),
    (
        "Says of each of 1 to 100 accounts whether it is imported. Where the application's `accounts` is `open`, all are.",
        "查询 1 到 100 个账号，逐个说明是否已导入。如果应用的 `accounts` 为 `open`，则全部视为已导入。",
    ),
    ("Delete accounts", "删除账号"),
    (
        "Deletes 1 to 100 accounts, each by itself, and with each its groups and marks. This cannot be undone.",
        "删除 1 到 100 个账号，逐个处理，并一并删除其分组和标记。此操作无法撤销。",
    ),
    (
        "Makes a chat group known, so that conversations with it can be named. One that was disbanded is alive again. Not needed where the application's `chat_groups` is `open`.",
        "登记一个群聊，之后才能引用与它的会话。已解散的群聊会恢复。如果应用的 `chat_groups` 为 `open`，则无需登记。",
    ),
    ("Disband a chat group", "解散群聊"),
    (
        "Disbands a chat group. What users keep about conversations with it is no longer shown.",
        "解散一个群聊。用户与该群聊的会话记录不再显示。",
    ),
    ("Ask for facts about chat groups", "查询群聊信息"),
    (
        "Gives type, name, owner and age of 1 to 50 chat groups. One that does not exist has a code of its own.",
        "返回 1 到 50 个群聊的类型、名称、群主和创建时间。不存在的群聊各有自己的错误码。",
    ),
    ("List the chat groups of the application", "列出应用的群聊"),
    (
        "Gives the ids of all chat groups that are alive, up to 10,000 a page. Go on with `Next` until it is 0. The call walks over all of them, and is allowed once a second unless the server allows another number.",
        "返回所有未解散群聊的 ID，每页最多 10,000 个。用 `Next` 继续，直到它为 0。此调用会遍历全部群聊，除非服务器另有设定，每秒只允许一次。",
    ),
    ("Follow the changes of a user", "跟踪用户的变更"),
    (
        "Tells what changed of a user since `Cursor` was given, in the order of the changes: records as they are now, conversations without one, groups, and groups that are gone. Apply all of it, in any order; go on with the new `Cursor` at once while `More` is true. With `Reset`, forget everything first: it is told from the start, as it is without a `Cursor`, because the changes since are not known any more, or the user was restored or imported. Records about disbanded chat groups are told too, until they are removed.",
        "按变更的顺序返回自给出 `Cursor` 以来用户的变更：当前的记录、不再有记录的会话、分组，以及已删除的分组。请全部应用，顺序不限；`More` 为 true 时，立即用新的 `Cursor` 继续。如果有 `Reset`，请先清空已有内容：由于此后的变更已不可知，或该用户是恢复或导入的，因此从头返回，与不带 `Cursor` 时相同。与已解散群聊有关的记录在移除之前也会返回。",
    ),
    ("Put conversation groups in order", "为会话分组排序"),
    (
        "Shows the named groups first, in this order; the others follow as they are. New groups come last.",
        "将指定的分组按此顺序排在最前，其余分组按原顺序排在其后。新分组排在最后。",
    ),
    ("Describe conversation groups", "设置会话分组的附加信息"),
    (
        "Sets the `Ex` of groups: up to 512 bytes each that a user interface keeps there, such as a colour or an icon. All are set, or none. It stays when a group is renamed.",
        "设置分组的 `Ex`：供界面保存颜色、图标等内容，每个分组最多 512 字节。要么全部设置，要么都不设置。分组改名后保持不变。",
    ),
    ("List conversation groups in order", "按顺序列出会话分组"),
    (
        "Gives all groups of a user in their order, with `Ex` and the number of conversations in each. Those with disbanded chat groups count until they are removed.",
        "按顺序返回用户的全部分组，包括 `Ex` 和每个分组的会话数。与已解散群聊的会话在移除之前也计入。",
    ),
    ("List conversations that a filter lets through", "按条件列出会话"),
    (
        "Gives the conversations for which everything holds that is asked: group, bits, custom mark, type, age. Up to 100 a page; go on with `NextStartIndex` while `CompleteFlag` is 0. Conversations with disbanded chat groups are left out.",
        "返回满足全部条件的会话：分组、标记位、自定义标记、类型、变更时间。每页最多 100 个；`CompleteFlag` 为 0 时，用 `NextStartIndex` 继续。与已解散群聊的会话不返回。",
    ),
    ("Carry out commands together", "一并执行多个命令"),
    (
        "Carries out up to 100 commands for one user, all or none, as one change. Each is as the call of its name, without `From_Account`, and sees what the ones before it did. If one is refused, or an item of one, the call is refused with its code, and `ErrorInfo` says which. Together they name at most 500 conversations.",
        "为一个用户执行最多 100 个命令，作为一次变更，要么全部执行，要么都不执行。每个命令与同名接口相同，但不带 `From_Account`，并能看到前面命令的结果。如果某个命令或其中某一项被拒绝，则整个调用以其错误码拒绝，并由 `ErrorInfo` 说明是哪一个。所有命令合计最多涉及 500 个会话。",
    ),
    ("Copy groups and marks to other users", "将分组和标记复制给其他用户"),
    (
        "Adds the groups and marks of one user, who may have up to 500 conversations with them, to 1 to 100 others: to each all or nothing. What they have themselves stays: their `Ex`, custom marks and bits. Copying again changes nothing. For administrators alone.",
        "将一个用户的分组和标记（涉及的会话最多 500 个）添加给 1 到 100 个其他用户：对每个用户要么全部添加，要么都不添加。他们原有的 `Ex`、自定义标记和标记位保留不变。再次复制不会改变任何内容。仅限管理员。",
    ),
    ("Watch a user, or who changes", "监听用户的变更，或哪些用户有变更"),
    (
        "Tells the changes of a user as they happen, as Server-Sent Events, from `Cursor` on or from the beginning. An event `changes` is a page as that of `get_changes`, with the user's `Revision`; its `id` is the cursor behind it. Comments come every 15 seconds: a client that hears nothing for longer connects again. The event `end` is the last one and says why; after 60008 come back in a second, as the stream's `retry` says. What is refused from the start is answered with JSON.",
        "以 Server-Sent Events 实时通知用户的变更，从 `Cursor` 之后或从头开始。事件 `changes` 是与 `get_changes` 相同的一页，并带有用户的 `Revision`；其 `id` 是该页之后的游标。每 15 秒发送一次注释：更久没有收到任何内容的客户端应重新连接。事件 `end` 是最后一个事件，并说明原因；收到 60008 后，请按流中的 `retry` 在一秒后重新连接。一开始就被拒绝的请求以 JSON 应答。",
    ),
];
