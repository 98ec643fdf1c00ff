import type { Client, Mark } from "./client.js";
import { keyOf, type Contact } from "./contact.js";
import type { Changes, Found, WatchOptions } from "./watch.js";

/** A group. */
export interface Group {
  /** Below 0 until the server has made it. */
  id: number;
  name: string;
  /** Groups are shown in ascending order of this, and then of id. */
  order: number;
  /** What a user interface keeps about it. */
  ex: string;
}

/** What is kept about one conversation. */
export interface Conversation {
  key: string;
  contact: Contact;
  /** Bit n is set if the text's character n from the right is `1`. */
  bits: bigint;
  customMark: string;
  /** Ids of groups, ascending. */
  groups: number[];
  /** Unix seconds of the last change. */
  time: number;
}

/** What a user interface draws. */
export interface MirrorState {
  /** In their order. */
  groups: Group[];
  conversations: Map<string, Conversation>;
  /** Whether everything was told at least once. */
  isComplete: boolean;
}

interface Data {
  groups: Map<number, Group>;
  conversations: Map<string, Conversation>;
  /** The ids of groups that were made here, by those that they had before the server made them. */
  ids: Map<number, number>;
}

/** A change that is shown already, and that the server may not have told of yet. */
interface Pending {
  change: (data: Data) => void;
  /** The revision that it made; unknown while the call is under way. */
  revision: number | undefined;
}

/**
 * A local copy of one user's groups and conversations. It follows the server, shows changes of its own at once, and
 * takes them back if the server refuses them.
 */
export class Mirror {
  readonly #client: Client;
  readonly #user: string;
  #told: Data = { groups: new Map(), conversations: new Map(), ids: new Map() };
  /** What a reset has told so far. */
  #anew: Data | undefined;
  #pending: Pending[] = [];
  #listeners = new Set<(state: MirrorState) => void>();
  #isComplete = false;
  #revision = 0;
  /** How often everything was told anew. After that the user may be another one, with other groups under the same ids. */
  #resets = 0;
  #shown: MirrorState | undefined;
  #stop: AbortController | undefined;
  /** Where the server has to go on. */
  #cursor: string | undefined;
  #nextId = -1;
  /** The last change that is under way, for the next one to wait for. */
  #last: Promise<void> | undefined;

  constructor(client: Client, user: string) {
    this.#client = client;
    this.#user = user;
  }

  /** What is to be shown now. The same object until something changes. */
  get state(): MirrorState {
    return (this.#shown ??= this.#show());
  }

  /** Is called after each change; gives what ends that. */
  subscribe(listener: (state: MirrorState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Follows the server until {@link Mirror.stop}, from where it was if it has run before; throws when the server will not have us. */
  async run(options: Omit<WatchOptions, "signal" | "cursor"> = {}): Promise<void> {
    this.stop();
    const stop = (this.#stop = new AbortController());
    const place = this.#cursor === undefined ? {} : { cursor: this.#cursor };
    for await (const changes of this.#client.watch(this.#user, { ...options, ...place, signal: stop.signal })) {
      // What was under way when another run began is that one's to tell.
      if (stop.signal.aborted) return;
      this.apply(changes);
    }
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Takes a page of changes. */
  apply(changes: Changes): void {
    this.#cursor = changes.Cursor;
    if (changes.Reset) this.#anew = { groups: new Map(), conversations: new Map(), ids: this.#isComplete ? new Map() : this.#told.ids };
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
    for (const contact of changes.RemovedItem) data.conversations.delete(keyOf(contact));
    if (!changes.More) {
      // Revisions from before a reset do not compare with those after it: what was answered is in it, or comes next, or is
      // gone. The first one follows nothing.
      const isReset = this.#anew !== undefined && this.#isComplete;
      if (isReset) this.#resets++;
      this.#isComplete = true;
      this.#revision = changes.Revision;
      this.#pending = this.#pending.filter((pending) => pending.revision === undefined || (!isReset && pending.revision > this.#revision));
      // A reset is shown when it is whole, so that nothing seems to vanish.
      if (this.#anew) this.#told = this.#anew;
      this.#anew = undefined;
    }
    this.#changed();
  }

  /** Makes a group. */
  async createGroup(name: string): Promise<void> {
    const id = this.#nextId--;
    const order = Math.max(0, ...this.state.groups.map((group) => group.order)) + 1;
    await this.#change(
      (data) => {
        const existing = [...data.groups.values()].find((group) => group.name === name);
        if (existing) data.ids.set(id, existing.id);
        else data.groups.set(id, { id, name, order, ex: "" });
      },
      async (idempotencyKey) => {
        const resets = this.#resets;
        const body = { From_Account: this.#user, GroupContactItem: [{ GroupName: name }] };
        const reply = await this.#client.call("/v4/recentcontact/create_contact_group", body as never, { idempotencyKey });
        if (resets === this.#resets) this.#told.ids.set(id, reply.GroupResultItem![0]!.GroupItem.GroupId);
        return reply.revision;
      },
    );
  }

  async renameGroup(id: number, name: string): Promise<void> {
    await this.#change(
      (data) => {
        const group = find(data, id);
        if (group) data.groups.set(group.id, { ...group, name });
      },
      (idempotencyKey, [old]) =>
        this.#revisionOf("/v4/recentcontact/update_contact_group", { From_Account: this.#user, UpdateType: 1, UpdateGroup: { UpdateGroupType: 1, OldGroupName: old, NewGroupName: name } }, idempotencyKey),
      [id],
    );
  }

  async deleteGroup(id: number): Promise<void> {
    await this.#change(
      (data) => {
        const group = find(data, id);
        if (!group) return;
        data.groups.delete(group.id);
        leave(data, group.id);
      },
      (idempotencyKey, names) => this.#revisionOf("/v4/recentcontact/del_contact_group", { From_Account: this.#user, GroupName: names }, idempotencyKey),
      [id],
    );
  }

  /** Puts a conversation into a group, or takes it out. */
  async setMember(id: number, contact: Contact, isMember: boolean): Promise<void> {
    await this.#change(
      (data) => {
        const added = find(data, id)?.id;
        if (added === undefined) return;
        change(data, contact, (conversation) => {
          const groups = conversation.groups.filter((group) => group !== added);
          conversation.groups = isMember ? [...groups, added].sort((one, other) => one - other) : groups;
        });
      },
      (idempotencyKey, [name]) => this.#client.changeGroup(this.#user, name!, isMember ? { add: [contact] } : { remove: [contact] }, { idempotencyKey }),
      [id],
    );
  }

  /** Changes the marks of a conversation. */
  async mark(contact: Contact, marks: Omit<Mark, "contact">): Promise<void> {
    await this.#change(
      (data) => {
        change(data, contact, (conversation) => {
          for (const bit of marks.clear ?? []) conversation.bits &= ~(1n << BigInt(bit));
          for (const bit of marks.set ?? []) conversation.bits |= 1n << BigInt(bit);
          if (marks.custom !== undefined) conversation.customMark = marks.custom;
        });
      },
      (idempotencyKey) => this.#client.mark(this.#user, [{ contact, ...marks }], { idempotencyKey }),
    );
  }

  /** Puts groups in this order. */
  async setOrder(ids: number[]): Promise<void> {
    await this.#change(
      (data) => {
        ids.forEach((id, index) => {
          const group = find(data, id);
          if (group) data.groups.set(group.id, { ...group, order: index - ids.length });
        });
      },
      (idempotencyKey, names) => this.#revisionOf("/v4/foldmark/set_group_order", { From_Account: this.#user, GroupName: names }, idempotencyKey),
      ids,
    );
  }

  /** Shows a change at once, has it made with the names of these groups, and takes it back if that does not work. */
  async #change(change: Pending["change"], make: (idempotencyKey: string, names: string[]) => Promise<number | undefined>, ids: number[] = []): Promise<void> {
    this.#names(ids, this.#pending);
    const pending: Pending = { change, revision: undefined };
    const asked = this.#resets;
    this.#pending.push(pending);
    try {
      this.#changed();
      await this.#inTurn(async () => {
        const resets = this.#resets;
        if (ids.length > 0 && resets !== asked) throw new Error("everything was told anew, and the groups may be others");
        // A rename that was shown when this was asked for may have been refused since, because another group has the name.
        const made = this.#pending.filter((other) => other.revision !== undefined);
        pending.revision = (await make(newKey(), this.#names(ids, made))) ?? 0;
        // The server may have told of it before it answered.
        if (pending.revision <= this.#revision || resets !== this.#resets) this.#drop(pending);
      });
    } catch (error) {
      this.#drop(pending);
      throw error;
    }
  }

  /** What groups are called after these changes. */
  #names(ids: number[], pending: Pending[]): string[] {
    const data = this.#after(pending);
    return ids.map((id) => {
      const group = find(data, id);
      if (!group) throw new Error(`there is no group ${id}`);
      return group.name;
    });
  }

  /** What was told, with these changes. */
  #after(pending: Pending[]): Data {
    const data: Data = { groups: new Map(this.#told.groups), conversations: new Map(this.#told.conversations), ids: new Map(this.#told.ids) };
    for (const { change } of pending) change(data);
    return data;
  }

  /**
   * Makes one change after the other, in the order in which they were asked for: two calls at once may arrive in any, and
   * the last word would be the first one.
   */
  async #inTurn<T>(make: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const made = (async () => {
      if (before) await before;
      return make();
    })();
    const over = made.then(
      () => {},
      () => {},
    );
    this.#last = over;
    void over.then(() => {
      if (this.#last === over) this.#last = undefined;
    });
    return made;
  }

  async #revisionOf(path: string, body: unknown, idempotencyKey: string): Promise<number | undefined> {
    const reply = await this.#client.call(path as never, body as never, { idempotencyKey });
    return (reply as { revision?: number }).revision;
  }

  #drop(pending: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== pending);
    this.#changed();
  }

  #changed(): void {
    this.#shown = undefined;
    for (const listener of this.#listeners) listener(this.state);
  }

  #show(): MirrorState {
    const data = this.#after(this.#pending);
    const groups = [...data.groups.values()].sort((one, other) => one.order - other.order || one.id - other.id);
    return { groups, conversations: data.conversations, isComplete: this.#isComplete };
  }
}

/** A key that no other change has. Pages that did not come over TLS have `getRandomValues` alone. */
function newKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function read(found: Found): Conversation {
  const contact: Contact = found.Type === 2 ? { Type: 2, ToGroupId: found.ToGroupId } : { Type: 1, To_Account: found.To_Account };
  return {
    key: keyOf(contact),
    contact,
    bits: found.StandardMark ? BigInt(`0b${found.StandardMark}`) : 0n,
    customMark: found.CustomMark ?? "",
    groups: [...(found.ContactGroupId ?? [])].sort((one, other) => one - other),
    time: found.Timestamp ?? 0,
  };
}

/** A group, also by the id that it had before the server made it. */
function find(data: Data, id: number): Group | undefined {
  return data.groups.get(id) ?? data.groups.get(data.ids.get(id) ?? id);
}

/** Takes all conversations out of a group. */
function leave(data: Data, id: number): void {
  for (const [key, conversation] of data.conversations) {
    if (conversation.groups.includes(id)) data.conversations.set(key, { ...conversation, groups: conversation.groups.filter((group) => group !== id) });
  }
}

/** Changes a copy of a conversation, which is made if there is none; one that says nothing any more is no more. */
function change(data: Data, contact: Contact, how: (conversation: Conversation) => void): void {
  const key = keyOf(contact);
  const now = data.conversations.get(key) ?? { key, contact, bits: 0n, customMark: "", groups: [], time: Math.floor(Date.now() / 1000) };
  const changed = { ...now };
  how(changed);
  if (changed.bits === 0n && changed.customMark === "" && changed.groups.length === 0) data.conversations.delete(key);
  else data.conversations.set(key, changed);
}
