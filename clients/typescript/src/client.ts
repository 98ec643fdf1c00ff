import type { Contact } from "./contact.js";
import { FoldmarkError } from "./error.js";
import { Mirror } from "./mirror.js";
import type { components, paths } from "./schema.js";
import { watch, type Changes, type WatchOptions } from "./watch.js";

/** How a server is reached, and as whom. */
export interface ClientOptions {
  /** Where the calls are served, such as `https://chat.example:8443`. */
  baseUrl: string;
  sdkappid: number;
  /** Who calls: an administrator, or an end user for himself where the application lets end users in. */
  identifier: string;
  /** His UserSig, or what gives one: it is asked again when the last one is refused. */
  usersig: string | (() => string | Promise<string>);
  /** Milliseconds for one try of a call; 10,000 if left out. */
  timeout?: number;
  /** How often a call that may be repeated is tried again; 2 if left out. */
  retries?: number;
  /** In place of the platform's own. */
  fetch?: typeof globalThis.fetch;
}

/** A query as the server reads it, to which a plus sign is no space. */
export function queryText(query: URLSearchParams): string {
  return query.toString().replace(/\+/g, "%20");
}

/** What one call may be given beside its body. */
export interface CallOptions {
  /** Refused with 52001 unless the user still has this revision. */
  ifRevision?: number;
  /** A repeat with the same key and body gives the first outcome and changes nothing. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : never;

/** The body of a call. */
export type RequestBody<P extends keyof paths> = paths[P] extends { post: { requestBody: infer Body } } ? Json<Body> : never;

/** What a call is answered, and the revision of the user that the answer is about. */
export type Reply<P extends keyof paths> = (paths[P] extends { post: { responses: { 200: infer Body } } } ? Json<Body> : never) & {
  revision?: number;
};

/** A call's body, or something in one, by its name in the description. */
type Body<S extends keyof components["schemas"]> = components["schemas"][S];

/** Some fields of one. What is spread into another object is not compared by itself. */
type Part<S extends keyof components["schemas"]> = Partial<Body<S>>;

/** Codes of UserSigs that are not taken any more: another one may be. */
export const SIGNATURE_CODES = new Set([70001, 70002, 70003, 70005, 70009, 70013, 70014]);

/** The calls of a Foldmark server. */
export class Client {
  readonly options: Readonly<ClientOptions>;
  #usersig: string | undefined;

  constructor(options: ClientOptions) {
    this.options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, "") };
  }

  /** Makes any call, by its path. Refusals are thrown as {@link FoldmarkError}. */
  async call<P extends keyof paths & string>(path: P, body: RequestBody<P>, options: CallOptions = {}): Promise<Reply<P>> {
    const isRepeatable = options.idempotencyKey !== undefined || READS.has(path);
    let tries = this.options.retries ?? 2;
    let asked = false;
    for (let pause = 200; ; pause *= 2) {
      try {
        return (await this.#try(path, body, options)) as Reply<P>;
      } catch (error) {
        if (!(error instanceof FoldmarkError)) throw error;
        if (SIGNATURE_CODES.has(error.code) && typeof this.options.usersig === "function" && !asked) {
          asked = true;
          this.#usersig = undefined;
          continue;
        }
        const may = error.isOutcomeUnknown ? isRepeatable : error.isRetryable;
        if (!may || tries-- <= 0) throw error;
        await sleep(pause * (0.5 + Math.random()), options.signal);
      }
    }
  }

  async #try(path: string, body: unknown, options: CallOptions): Promise<unknown> {
    const timeout = AbortSignal.timeout(this.options.timeout ?? 10_000);
    const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
    let query: URLSearchParams;
    try {
      query = await unless(signal, this.query());
    } catch (cause) {
      if (!timeout.aborted || options.signal?.aborted) throw cause;
      // Nothing was sent, so that the outcome is known.
      throw new FoldmarkError(0, "no UserSig came", { cause, answered: true });
    }
    if (options.ifRevision !== undefined) query.set("if_revision", String(options.ifRevision));
    if (options.idempotencyKey !== undefined) query.set("idempotency_key", options.idempotencyKey);
    let response: Response;
    let text: string;
    try {
      // Without a content type of JSON's a browser need not ask first.
      response = await this.fetch(`${this.options.baseUrl}${path}?${queryText(query)}`, { method: "POST", body: JSON.stringify(body), signal });
      text = await response.text();
    } catch (cause) {
      if (options.signal?.aborted) throw cause;
      throw new FoldmarkError(0, "no answer came", { cause });
    }
    let reply: { ErrorCode?: unknown; ErrorInfo?: string; revision?: number } | null;
    try {
      reply = JSON.parse(text);
    } catch (cause) {
      throw new FoldmarkError(0, `the answer is no JSON, with HTTP status ${response.status}`, { cause });
    }
    // Proxies speak JSON too. What has no code does not say that anything was done.
    if (typeof reply?.ErrorCode !== "number") throw new FoldmarkError(0, `the answer is not from Foldmark, with HTTP status ${response.status}`);
    if (reply.ErrorCode) throw new FoldmarkError(reply.ErrorCode, reply.ErrorInfo ?? "");
    const revision = response.headers.get("foldmark-revision");
    if (revision !== null) reply.revision = Number(revision);
    return reply;
  }

  /** The query that every call carries. */
  async query(): Promise<URLSearchParams> {
    const { sdkappid, identifier, usersig } = this.options;
    this.#usersig ??= typeof usersig === "function" ? await usersig() : usersig;
    const random = String(Math.floor(Math.random() * 2 ** 32));
    return new URLSearchParams({ sdkappid: String(sdkappid), identifier, usersig: this.#usersig, random, contenttype: "json" });
  }

  /** Forgets the UserSig, so that the next call asks for another. */
  forgetUsersig(): void {
    if (typeof this.options.usersig === "function") this.#usersig = undefined;
  }

  get fetch(): typeof globalThis.fetch {
    return this.options.fetch ?? globalThis.fetch.bind(globalThis);
  }

  /** Makes a group, perhaps with conversations in it, and gives its id. */
  async createGroup(user: string, name: string, contacts: Contact[] = [], options?: CallOptions): Promise<number> {
    const item: Body<"NewContactGroup"> = { GroupName: name, ContactItem: contacts };
    const reply = await this.call("/v4/recentcontact/create_contact_group", { From_Account: user, GroupContactItem: [item] }, options);
    return reply.GroupResultItem![0]!.GroupItem.GroupId;
  }

  /** Renames a group. */
  async renameGroup(user: string, oldName: string, newName: string, options?: CallOptions): Promise<void> {
    const update: Body<"ContactGroupUpdate"> = { UpdateGroupType: 1, OldGroupName: oldName, NewGroupName: newName };
    await this.call("/v4/recentcontact/update_contact_group", { From_Account: user, UpdateType: 1, UpdateGroup: update }, options);
  }

  /** Deletes a group. What was in it keeps its marks and its other groups. */
  async deleteGroup(user: string, name: string, options?: CallOptions): Promise<void> {
    await this.call("/v4/recentcontact/del_contact_group", { From_Account: user, GroupName: [name] }, options);
  }

  /** Puts conversations into a group and takes others out of it; throws if one was refused. */
  async changeGroup(user: string, name: string, change: { add?: Contact[]; remove?: Contact[] }, options?: CallOptions): Promise<number | undefined> {
    const items = [...(change.add ?? []).map((contact): Body<"MemberChange"> => ({ ContactOptType: 1, ContactItem: contact })), ...(change.remove ?? []).map((contact): Body<"MemberChange"> => ({ ContactOptType: 2, ContactItem: contact }))];
    const update: Body<"ContactGroupUpdate"> = { UpdateGroupType: 2, OldGroupName: name, ContactUpdateItem: items };
    const reply = await this.call("/v4/recentcontact/update_contact_group", { From_Account: user, UpdateType: 1, UpdateGroup: update }, options);
    throwRefused(reply.UpdateGroupResult!.ContactResultItem);
    return reply.revision;
  }

  /** Sets and clears bits of conversations, and their custom marks; throws if one was refused. */
  async mark(user: string, marks: Mark[], options?: CallOptions): Promise<number | undefined> {
    const items = marks.map(({ contact, set, clear, custom }): Body<"MarkChange"> => ({
      OptType: custom === undefined ? 1 : set || clear ? 3 : 2,
      ContactItem: contact,
      ...(set && ({ SetMark: set } satisfies Part<"MarkChange">)),
      ...(clear && ({ ClearMark: clear } satisfies Part<"MarkChange">)),
      ...(custom !== undefined && ({ CustomMark: custom } satisfies Part<"MarkChange">)),
    }));
    const reply = await this.call("/v4/recentcontact/mark_contact", { From_Account: user, MarkItem: items }, options);
    throwRefused(reply.ResultItem!);
    return reply.revision;
  }

  /** One page of what changed since a cursor; everything without one. */
  async getChanges(user: string, cursor?: string, limit?: number, options?: CallOptions): Promise<Changes> {
    const body: Body<"GetChangesRequest"> = { From_Account: user, ...(cursor && ({ Cursor: cursor } satisfies Part<"GetChangesRequest">)), ...(limit && ({ Limit: limit } satisfies Part<"GetChangesRequest">)) };
    const reply = await this.call("/v4/foldmark/get_changes", body, options);
    return { ...(reply as typeof reply & Changes), Revision: reply.revision ?? 0 };
  }

  /**
   * A user's changes as they happen, beginning with everything unless a cursor is given. Goes on after interruptions
   * without missing or repeating one; ends when the signal says so, and throws when the server will not have us.
   */
  watch(user: string, options: WatchOptions = {}): AsyncGenerator<Changes, void, void> {
    return watch(this, user, options);
  }

  /** A local copy of a user's groups and conversations that follows him, with optimistic changes. */
  mirror(user: string): Mirror {
    return new Mirror(this, user);
  }
}

/** A change of one conversation's marks. Bits are numbers from 0 to 63. */
export interface Mark {
  contact: Contact;
  set?: number[];
  clear?: number[];
  /** The empty string removes it. */
  custom?: string;
}

type ItemResult = Pick<components["schemas"]["MarkResult"], "ResultCode" | "ResultInfo">;

/** Calls that change nothing. */
const READS = new Set<string>([
  "/v4/recentcontact/get_contact_group",
  "/v4/recentcontact/search_contact_group",
  "/v4/im_open_login_svc/account_check",
  "/v4/group_open_http_svc/get_group_info",
  "/v4/group_open_http_svc/get_appid_group_list",
  "/v4/foldmark/get_changes",
  "/v4/foldmark/list_groups",
  "/v4/foldmark/list_conversations",
]);

function throwRefused(results: ItemResult[]): void {
  const refused = results.find((result) => result.ResultCode !== 0);
  if (refused) throw new FoldmarkError(refused.ResultCode, refused.ResultInfo, { answered: true });
}

/** Waits, unless the signal comes first. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const done = () => {
      signal?.removeEventListener("abort", aborted);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    const aborted = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

/** What is promised, unless the signal comes first. */
export function unless<T>(signal: AbortSignal, promised: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    promised.then(resolve, reject);
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
