import { keyOf } from "./contact.js";
/**
 * A local copy of one user's groups and conversations. It follows the server, shows changes of its own at once, and
 * takes them back if the server refuses them.
 */
export class Mirror {
    #client;
    #user;
    #told = { groups: new Map(), conversations: new Map() };
    /** What a reset has told so far. */
    #anew;
    #pending = [];
    #listeners = new Set();
    #isComplete = false;
    #revision = 0;
    #shown;
    #stop;
    #nextId = -1;
    constructor(client, user) {
        this.#client = client;
        this.#user = user;
    }
    /** What is to be shown now. The same object until something changes. */
    get state() {
        return (this.#shown ??= this.#show());
    }
    /** Is called after each change; gives what ends that. */
    subscribe(listener) {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    }
    /** Follows the server until {@link Mirror.stop}; throws when it will not have us. */
    async run(options = {}) {
        this.stop();
        const stop = (this.#stop = new AbortController());
        for await (const changes of this.#client.watch(this.#user, { ...options, signal: stop.signal }))
            this.apply(changes);
    }
    stop() {
        this.#stop?.abort();
    }
    /** Takes a page of changes. */
    apply(changes) {
        if (changes.Reset)
            this.#anew = { groups: new Map(), conversations: new Map() };
        const data = this.#anew ?? this.#told;
        for (const group of changes.GroupItem) {
            data.groups.set(group.GroupId, { id: group.GroupId, name: group.GroupName, order: group.Order ?? 0, ex: group.Ex ?? "" });
        }
        for (const id of changes.RemovedGroupId) {
            data.groups.delete(id);
            leave(data, id);
        }
        for (const found of changes.ContactItem) {
            const conversation = read(found);
            data.conversations.set(conversation.key, conversation);
        }
        for (const contact of changes.RemovedItem)
            data.conversations.delete(keyOf(contact));
        if (!changes.More) {
            // A reset is shown when it is whole, so that nothing seems to vanish.
            if (this.#anew)
                this.#told = this.#anew;
            this.#anew = undefined;
            this.#isComplete = true;
            this.#revision = changes.Revision;
            this.#pending = this.#pending.filter((pending) => pending.revision === undefined || pending.revision > this.#revision);
        }
        this.#changed();
    }
    /** Makes a group. */
    async createGroup(name) {
        const id = this.#nextId--;
        const order = Math.max(0, ...this.state.groups.map((group) => group.order)) + 1;
        await this.#change((data) => {
            const exists = [...data.groups.values()].some((group) => group.name === name);
            if (!exists)
                data.groups.set(id, { id, name, order, ex: "" });
        }, (idempotencyKey) => this.#revisionOf("/v4/recentcontact/create_contact_group", { From_Account: this.#user, GroupContactItem: [{ GroupName: name }] }, idempotencyKey));
    }
    async renameGroup(id, name) {
        const old = this.#group(id).name;
        await this.#change((data) => {
            const group = data.groups.get(id);
            if (group)
                data.groups.set(id, { ...group, name });
        }, (idempotencyKey) => this.#revisionOf("/v4/recentcontact/update_contact_group", { From_Account: this.#user, UpdateType: 1, UpdateGroup: { UpdateGroupType: 1, OldGroupName: old, NewGroupName: name } }, idempotencyKey));
    }
    async deleteGroup(id) {
        const { name } = this.#group(id);
        await this.#change((data) => {
            data.groups.delete(id);
            leave(data, id);
        }, (idempotencyKey) => this.#revisionOf("/v4/recentcontact/del_contact_group", { From_Account: this.#user, GroupName: [name] }, idempotencyKey));
    }
    /** Puts a conversation into a group, or takes it out. */
    async setMember(id, contact, isMember) {
        const { name } = this.#group(id);
        await this.#change((data) => {
            change(data, contact, (conversation) => {
                const groups = conversation.groups.filter((group) => group !== id);
                conversation.groups = isMember ? [...groups, id].sort((one, other) => one - other) : groups;
            });
        }, (idempotencyKey) => this.#client.changeGroup(this.#user, name, isMember ? { add: [contact] } : { remove: [contact] }, { idempotencyKey }));
    }
    /** Changes the marks of a conversation. */
    async mark(contact, marks) {
        await this.#change((data) => {
            change(data, contact, (conversation) => {
                for (const bit of marks.clear ?? [])
                    conversation.bits &= ~(1n << BigInt(bit));
                for (const bit of marks.set ?? [])
                    conversation.bits |= 1n << BigInt(bit);
                if (marks.custom !== undefined)
                    conversation.customMark = marks.custom;
            });
        }, (idempotencyKey) => this.#client.mark(this.#user, [{ contact, ...marks }], { idempotencyKey }));
    }
    /** Puts groups in this order. */
    async setOrder(ids) {
        const names = ids.map((id) => this.#group(id).name);
        await this.#change((data) => {
            ids.forEach((id, index) => {
                const group = data.groups.get(id);
                if (group)
                    data.groups.set(id, { ...group, order: index - ids.length });
            });
        }, (idempotencyKey) => this.#revisionOf("/v4/foldmark/set_group_order", { From_Account: this.#user, GroupName: names }, idempotencyKey));
    }
    #group(id) {
        const group = this.state.groups.find((group) => group.id === id);
        if (!group)
            throw new Error(`there is no group ${id}`);
        return group;
    }
    /** Shows a change at once, has it made, and takes it back if that does not work. */
    async #change(change, make) {
        const pending = { change, revision: undefined };
        this.#pending.push(pending);
        this.#changed();
        try {
            pending.revision = (await make(crypto.randomUUID())) ?? 0;
        }
        catch (error) {
            this.#drop(pending);
            throw error;
        }
        // The server may have told of it before it answered.
        if (pending.revision <= this.#revision)
            this.#drop(pending);
    }
    async #revisionOf(path, body, idempotencyKey) {
        const reply = await this.#client.call(path, body, { idempotencyKey });
        return reply.revision;
    }
    #drop(pending) {
        this.#pending = this.#pending.filter((other) => other !== pending);
        this.#changed();
    }
    #changed() {
        this.#shown = undefined;
        for (const listener of this.#listeners)
            listener(this.state);
    }
    #show() {
        const data = { groups: new Map(this.#told.groups), conversations: new Map(this.#told.conversations) };
        for (const pending of this.#pending)
            pending.change(data);
        const groups = [...data.groups.values()].sort((one, other) => one.order - other.order || one.id - other.id);
        return { groups, conversations: data.conversations, isComplete: this.#isComplete };
    }
}
function read(found) {
    const contact = found.Type === 2 ? { Type: 2, ToGroupId: found.ToGroupId } : { Type: 1, To_Account: found.To_Account };
    return {
        key: keyOf(contact),
        contact,
        bits: found.StandardMark ? BigInt(`0b${found.StandardMark}`) : 0n,
        customMark: found.CustomMark ?? "",
        groups: [...(found.ContactGroupId ?? [])].sort((one, other) => one - other),
        time: found.Timestamp ?? 0,
    };
}
/** Takes all conversations out of a group. */
function leave(data, id) {
    for (const [key, conversation] of data.conversations) {
        if (conversation.groups.includes(id))
            data.conversations.set(key, { ...conversation, groups: conversation.groups.filter((group) => group !== id) });
    }
}
/** Changes a copy of a conversation, which is made if there is none; one that says nothing any more is no more. */
function change(data, contact, how) {
    const key = keyOf(contact);
    const now = data.conversations.get(key) ?? { key, contact, bits: 0n, customMark: "", groups: [], time: Math.floor(Date.now() / 1000) };
    const changed = { ...now };
    how(changed);
    if (changed.bits === 0n && changed.customMark === "" && changed.groups.length === 0)
        data.conversations.delete(key);
    else
        data.conversations.set(key, changed);
}
