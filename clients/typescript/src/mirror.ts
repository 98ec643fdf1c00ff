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
  #told: Data = { groups: new Map(), conversations: new Map() };
  /** What a reset has told so far. */
  #anew: Data | undefined;
  #pending: Pending[] = [];
  #listeners = new Set<(state: MirrorState) => void>();
  #isComplete = false;
  #revision = 0;
  #shown: MirrorState | undefined;
  #stop: AbortController | undefined;
  #nextId = -1;

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

  /** Follows the server until {@link Mirror.stop}; throws when it will not have us. */
  async run(options: Omit<WatchOptions, "signal" | "cursor"> = {}): Promise<void> {
    this.stop();
    const stop = (this.#stop = new AbortController());
    for await (const changes of this.#client.watch(this.#user, { ...options, signal: stop.signal })) this.apply(changes);
  }

  stop(): void {
    this.#stop?.abort();
  }

  /** Takes a page of changes. */
  apply(changes: Changes): void {
    if (changes.Reset) this.#anew = { groups: new Map(), conversations: new Map() };
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
      // A reset is shown when it is whole, so that nothing seems to vanish.
      if (this.#anew) this.#told = this.#anew;
      this.#anew = undefined;
      this.#isComplete = true;
      this.#revision = changes.Revision;
      this.#pending = this.#pending.filter((pending) => pending.revision === undefined || pending.revision > this.#revision);
    }
    this.#changed();
  }

  /** Makes a group. */
  async createGroup(name: string): Promise<void> {
    const id = this.#nextId--;
    const order = Math.max(0, ...this.state.groups.map((group) => group.order)) + 1;
    await this.#change(
      (data) => {
        const exists = [...data.groups.values()].some((group) => group.name === name);
        if (!exists) data.groups.set(id, { id, name, order, ex: "" });
      },
      (idempotencyKey) => this.#revisionOf("/v4/recentcontact/create_contact_group", { From_Account: this.#user, GroupContactItem: [{ GroupName: name }] }, idempotencyKey),
    );
  }

  async renameGroup(id: number, name: string): Promise<void> {
    const old = this.#group(id).name;
    await this.#change(
      (data) => {
        const group = data.groups.get(id);
        if (group) data.groups.set(id, { ...group, name });
      },
      (idempotencyKey) =>
        this.#revisionOf("/v4/recentcontact/update_contact_group", { From_Account: this.#user, UpdateType: 1, UpdateGroup: { UpdateGroupType: 1, OldGroupName: old, NewGroupName: name } }, idempotencyKey),
    );
  }

  async deleteGroup(id: number): Promise<void> {
    const { name } = this.#group(id);
    await this.#change(
      (data) => {
        data.groups.delete(id);
        leave(data, id);
      },
      (idempotencyKey) => this.#revisionOf("/v4/recentcontact/del_contact_group", { From_Account: this.#user, GroupName: [name] }, idempotencyKey),
    );
  }

  /** Puts a conversation into a group, or takes it out. */
  async setMember(id: number, contact: Contact, isMember: boolean): Promise<void> {
    const { name } = this.#group(id);
    await this.#change(
      (data) => {
        change(data, contact, (conversation) => {
          const groups = conversation.groups.filter((group) => group !== id);
          conversation.groups = isMember ? [...groups, id].sort((one, other) => one - other) : groups;
        });
      },
      (idempotencyKey) => this.#client.changeGroup(this.#user, name, isMember ? { add: [contact] } : { remove: [contact] }, { idempotencyKey }),
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
    const names = ids.map((id) => this.#group(id).name);
    await this.#change(
      (data) => {
        ids.forEach((id, index) => {
          const group = data.groups.get(id);
          if (group) data.groups.set(id, { ...group, order: index - ids.length });
        });
      },
      (idempotencyKey) => this.#revisionOf("/v4/foldmark/set_group_order", { From_Account: this.#user, GroupName: names }, idempotencyKey),
    );
  }

  #group(id: number): Group {
    const group = this.state.groups.find((group) => group.id === id);
    if (!group) throw new Error(`there is no group ${id}`);
    return group;
  }

  /** Shows a change at once, has it made, and takes it back if that does not work. */
  async #change(change: Pending["change"], make: (idempotencyKey: string) => Promise<number | undefined>): Promise<void> {
    const pending: Pending = { change, revision: undefined };
    this.#pending.push(pending);
    this.#changed();
    try {
      pending.revision = (await make(crypto.randomUUID())) ?? 0;
    } catch (error) {
      this.#drop(pending);
      throw error;
    }
    // The server may have told of it before it answered.
    if (pending.revision <= this.#revision) this.#drop(pending);
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
    const data: Data = { groups: new Map(this.#told.groups), conversations: new Map(this.#told.conversations) };
    for (const pending of this.#pending) pending.change(data);
    const groups = [...data.groups.values()].sort((one, other) => one.order - other.order || one.id - other.id);
    return { groups, conversations: data.conversations, isComplete: this.#isComplete };
  }
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
