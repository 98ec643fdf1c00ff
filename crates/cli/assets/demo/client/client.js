import { FoldmarkError } from "./error.js";
import { Mirror } from "./mirror.js";
import { watch } from "./watch.js";
/** A query as the server reads it, to which a plus sign is no space. */
export function queryText(query) {
    return query.toString().replace(/\+/g, "%20");
}
/** Codes of UserSigs that are not taken any more: another one may be. */
export const SIGNATURE_CODES = new Set([70001, 70002, 70003, 70005, 70009, 70013, 70014]);
/** The calls of a Foldmark server. */
export class Client {
    options;
    #usersig;
    constructor(options) {
        this.options = { ...options, baseUrl: options.baseUrl.replace(/\/+$/, "") };
    }
    /** Makes any call, by its path. Refusals are thrown as {@link FoldmarkError}. */
    async call(path, body, options = {}) {
        const isRepeatable = options.idempotencyKey !== undefined || READS.has(path);
        let tries = this.options.retries ?? 2;
        let asked = false;
        for (let pause = 200;; pause *= 2) {
            try {
                return (await this.#try(path, body, options));
            }
            catch (error) {
                if (!(error instanceof FoldmarkError))
                    throw error;
                if (SIGNATURE_CODES.has(error.code) && typeof this.options.usersig === "function" && !asked) {
                    asked = true;
                    this.#usersig = undefined;
                    continue;
                }
                const may = error.isOutcomeUnknown ? isRepeatable : error.isRetryable;
                if (!may || tries-- <= 0)
                    throw error;
                await sleep(pause * (0.5 + Math.random()), options.signal);
            }
        }
    }
    async #try(path, body, options) {
        const timeout = AbortSignal.timeout(this.options.timeout ?? 10_000);
        const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
        let query;
        try {
            query = await unless(signal, this.query());
        }
        catch (cause) {
            if (!timeout.aborted || options.signal?.aborted)
                throw cause;
            // Nothing was sent, so that the outcome is known.
            throw new FoldmarkError(0, "no UserSig came", { cause, answered: true });
        }
        if (options.ifRevision !== undefined)
            query.set("if_revision", String(options.ifRevision));
        if (options.idempotencyKey !== undefined)
            query.set("idempotency_key", options.idempotencyKey);
        let response;
        let text;
        try {
            // Without a content type of JSON's a browser need not ask first.
            response = await this.fetch(`${this.options.baseUrl}${path}?${queryText(query)}`, { method: "POST", body: JSON.stringify(body), signal });
            text = await response.text();
        }
        catch (cause) {
            if (options.signal?.aborted)
                throw cause;
            throw new FoldmarkError(0, "no answer came", { cause });
        }
        let reply;
        try {
            reply = JSON.parse(text);
        }
        catch (cause) {
            throw new FoldmarkError(0, `the answer is no JSON, with HTTP status ${response.status}`, { cause });
        }
        // Proxies speak JSON too. What has no code does not say that anything was done.
        if (typeof reply?.ErrorCode !== "number")
            throw new FoldmarkError(0, `the answer is not from Foldmark, with HTTP status ${response.status}`);
        if (reply.ErrorCode)
            throw new FoldmarkError(reply.ErrorCode, reply.ErrorInfo ?? "");
        const revision = response.headers.get("foldmark-revision");
        if (revision !== null)
            reply.revision = Number(revision);
        return reply;
    }
    /** The query that every call carries. */
    async query() {
        const { sdkappid, identifier, usersig } = this.options;
        this.#usersig ??= typeof usersig === "function" ? await usersig() : usersig;
        const random = String(Math.floor(Math.random() * 2 ** 32));
        return new URLSearchParams({ sdkappid: String(sdkappid), identifier, usersig: this.#usersig, random, contenttype: "json" });
    }
    /** Forgets the UserSig, so that the next call asks for another. */
    forgetUsersig() {
        if (typeof this.options.usersig === "function")
            this.#usersig = undefined;
    }
    get fetch() {
        return this.options.fetch ?? globalThis.fetch.bind(globalThis);
    }
    /** Makes a group, perhaps with conversations in it, and gives its id. */
    async createGroup(user, name, contacts = [], options) {
        const item = { GroupName: name, ContactItem: contacts };
        const reply = await this.call("/v4/recentcontact/create_contact_group", { From_Account: user, GroupContactItem: [item] }, options);
        return reply.GroupResultItem[0].GroupItem.GroupId;
    }
    /** Renames a group. */
    async renameGroup(user, oldName, newName, options) {
        const update = { UpdateGroupType: 1, OldGroupName: oldName, NewGroupName: newName };
        await this.call("/v4/recentcontact/update_contact_group", { From_Account: user, UpdateType: 1, UpdateGroup: update }, options);
    }
    /** Deletes a group. What was in it keeps its marks and its other groups. */
    async deleteGroup(user, name, options) {
        await this.call("/v4/recentcontact/del_contact_group", { From_Account: user, GroupName: [name] }, options);
    }
    /** Puts conversations into a group and takes others out of it; throws if one was refused. */
    async changeGroup(user, name, change, options) {
        const items = [...(change.add ?? []).map((contact) => ({ ContactOptType: 1, ContactItem: contact })), ...(change.remove ?? []).map((contact) => ({ ContactOptType: 2, ContactItem: contact }))];
        const update = { UpdateGroupType: 2, OldGroupName: name, ContactUpdateItem: items };
        const reply = await this.call("/v4/recentcontact/update_contact_group", { From_Account: user, UpdateType: 1, UpdateGroup: update }, options);
        throwRefused(reply.UpdateGroupResult.ContactResultItem);
        return reply.revision;
    }
    /** Sets and clears bits of conversations, and their custom marks; throws if one was refused. */
    async mark(user, marks, options) {
        const items = marks.map(({ contact, set, clear, custom }) => ({
            OptType: custom === undefined ? 1 : set || clear ? 3 : 2,
            ContactItem: contact,
            ...(set && { SetMark: set }),
            ...(clear && { ClearMark: clear }),
            ...(custom !== undefined && { CustomMark: custom }),
        }));
        const reply = await this.call("/v4/recentcontact/mark_contact", { From_Account: user, MarkItem: items }, options);
        throwRefused(reply.ResultItem);
        return reply.revision;
    }
    /** One page of what changed since a cursor; everything without one. */
    async getChanges(user, cursor, limit, options) {
        const body = { From_Account: user, ...(cursor && { Cursor: cursor }), ...(limit && { Limit: limit }) };
        const reply = await this.call("/v4/foldmark/get_changes", body, options);
        return { ...reply, Revision: reply.revision ?? 0 };
    }
    /**
     * A user's changes as they happen, beginning with everything unless a cursor is given. Goes on after interruptions
     * without missing or repeating one; ends when the signal says so, and throws when the server will not have us.
     */
    watch(user, options = {}) {
        return watch(this, user, options);
    }
    /** A local copy of a user's groups and conversations that follows him, with optimistic changes. */
    mirror(user) {
        return new Mirror(this, user);
    }
}
/** Calls that change nothing. */
const READS = new Set([
    "/v4/recentcontact/get_contact_group",
    "/v4/recentcontact/search_contact_group",
    "/v4/im_open_login_svc/account_check",
    "/v4/group_open_http_svc/get_group_info",
    "/v4/group_open_http_svc/get_appid_group_list",
    "/v4/foldmark/get_changes",
    "/v4/foldmark/list_groups",
    "/v4/foldmark/list_conversations",
]);
function throwRefused(results) {
    const refused = results.find((result) => result.ResultCode !== 0);
    if (refused)
        throw new FoldmarkError(refused.ResultCode, refused.ResultInfo, { answered: true });
}
/** Waits, unless the signal comes first. */
export function sleep(milliseconds, signal) {
    return new Promise((resolve, reject) => {
        if (signal?.aborted)
            return reject(signal.reason);
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
export function unless(signal, promised) {
    return new Promise((resolve, reject) => {
        promised.then(resolve, reject);
        if (signal.aborted)
            return reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
}
