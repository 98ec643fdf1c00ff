import { SIGNATURE_CODES, queryText, sleep, unless } from "./client.js";
import { FoldmarkError } from "./error.js";
import { events } from "./events.js";
const PAUSE_MIN = 500;
const PAUSE_MAX = 15_000;
export async function* watch(client, user, options) {
    let cursor = options.cursor;
    let pause = PAUSE_MIN;
    let renewed = false;
    // Of a clock that nobody sets.
    let since = Infinity;
    const connected = () => {
        since = performance.now();
        // The UserSig was taken, so that the next one that is not may be renewed again, also if nothing changed in between.
        renewed = false;
        options.onConnected?.();
    };
    while (!options.signal?.aborted) {
        since = Infinity;
        try {
            for await (const changes of once(client, user, cursor, { ...options, onConnected: connected })) {
                cursor = changes.Cursor;
                pause = PAUSE_MIN;
                yield changes;
            }
        }
        catch (error) {
            if (options.signal?.aborted)
                return;
            if (performance.now() - since > PAUSE_MAX)
                pause = PAUSE_MIN;
            if (error instanceof FoldmarkError && !error.isRetryable) {
                const mayRenew = SIGNATURE_CODES.has(error.code) && typeof client.options.usersig === "function" && !renewed;
                if (!mayRenew)
                    throw error;
                renewed = true;
                client.forgetUsersig();
                continue;
            }
            options.onInterrupted?.(error);
        }
        try {
            await sleep(pause * (0.5 + Math.random()), options.signal);
        }
        catch {
            return;
        }
        pause = Math.min(pause * 2, PAUSE_MAX);
    }
}
/** One connection, until it ends, which it always does with an error. */
async function* once(client, user, cursor, options) {
    const silent = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, silent.signal]) : silent.signal;
    let timer;
    const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(new FoldmarkError(0, "the server has gone silent")), options.silence ?? 40_000);
    };
    alive();
    try {
        const query = await unless(signal, client.query());
        query.set("From_Account", user);
        if (cursor)
            query.set("Cursor", cursor);
        const response = await client.fetch(`${client.options.baseUrl}/v4/foldmark/watch?${queryText(query)}`, { signal, headers: { accept: "text/event-stream" } });
        if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
            throw refusal(await response.text(), response.status);
        }
        options.onConnected?.();
        for await (const event of events(response.body)) {
            alive();
            if (event.event === "changes")
                yield JSON.parse(event.data);
            else if (event.event === "end")
                throw refusal(event.data, response.status);
        }
        throw new FoldmarkError(0, "the stream ended without a word");
    }
    finally {
        clearTimeout(timer);
        silent.abort();
    }
}
function refusal(text, status) {
    const nothing = `no stream of events came, with HTTP status ${status}`;
    try {
        const reply = JSON.parse(text);
        // What has no code is not from Foldmark but from something in between, which may be well again soon.
        if (typeof reply?.ErrorCode !== "number")
            return new FoldmarkError(0, nothing);
        return new FoldmarkError(reply.ErrorCode, reply.ErrorInfo ?? "", { answered: true });
    }
    catch (cause) {
        return new FoldmarkError(0, nothing, { cause });
    }
}
