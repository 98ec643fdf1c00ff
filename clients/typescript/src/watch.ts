import { SIGNATURE_CODES, queryText, sleep, unless, type Client } from "./client.js";
import type { Contact } from "./contact.js";
import { FoldmarkError } from "./error.js";
import { events } from "./events.js";

/** What a user keeps about one conversation. */
export type Found = Contact & {
  StandardMark?: string;
  CustomMark?: string;
  ContactGroupId?: number[];
  Timestamp?: number;
};

/** What changed. */
export interface Changes {
  /** Everything follows: what was known before is to be forgotten. */
  Reset: boolean;
  /** More follows at once. */
  More: boolean;
  /** Where to go on. */
  Cursor: string;
  /** The user's revision that this is about. */
  Revision: number;
  ContactItem: Found[];
  RemovedItem: Contact[];
  GroupItem: { GroupName: string; GroupId: number; Order?: number; Ex?: string }[];
  RemovedGroupId: number[];
}

export interface WatchOptions {
  /** Where an earlier watch ended. */
  cursor?: string;
  signal?: AbortSignal;
  /** Is told whenever a connection stands: the first one, and each after an interruption. */
  onConnected?: () => void;
  /** Is told of each interruption before it is tried again. */
  onInterrupted?: (error: unknown) => void;
  /** Milliseconds of silence after which the connection counts as dead; the server says something every 15 seconds. */
  silence?: number;
}

const PAUSE_MIN = 500;
const PAUSE_MAX = 15_000;

export async function* watch(client: Client, user: string, options: WatchOptions): AsyncGenerator<Changes, void, void> {
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
    } catch (error) {
      if (options.signal?.aborted) return;
      if (performance.now() - since > PAUSE_MAX) pause = PAUSE_MIN;
      if (error instanceof FoldmarkError && !error.isRetryable) {
        const mayRenew = SIGNATURE_CODES.has(error.code) && typeof client.options.usersig === "function" && !renewed;
        if (!mayRenew) throw error;
        renewed = true;
        client.forgetUsersig();
        continue;
      }
      options.onInterrupted?.(error);
    }
    try {
      await sleep(pause * (0.5 + Math.random()), options.signal);
    } catch {
      return;
    }
    pause = Math.min(pause * 2, PAUSE_MAX);
  }
}

/** One connection, until it ends, which it always does with an error. */
async function* once(client: Client, user: string, cursor: string | undefined, options: WatchOptions): AsyncGenerator<Changes, void, void> {
  const silent = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, silent.signal]) : silent.signal;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(new FoldmarkError(0, "the server has gone silent")), options.silence ?? 40_000);
  };
  alive();
  try {
    const query = await unless(signal, client.query());
    query.set("From_Account", user);
    if (cursor) query.set("Cursor", cursor);
    const response = await client.fetch(`${client.options.baseUrl}/v4/foldmark/watch?${queryText(query)}`, { signal, headers: { accept: "text/event-stream" } });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
      throw refusal(await response.text(), response.status);
    }
    options.onConnected?.();
    for await (const event of events(response.body)) {
      alive();
      if (event.event === "changes") yield JSON.parse(event.data) as Changes;
      else if (event.event === "end") throw refusal(event.data, response.status);
    }
    throw new FoldmarkError(0, "the stream ended without a word");
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

function refusal(text: string, status: number): FoldmarkError {
  const nothing = `no stream of events came, with HTTP status ${status}`;
  try {
    const reply = JSON.parse(text) as { ErrorCode?: unknown; ErrorInfo?: string } | null;
    // What has no code is not from Foldmark but from something in between, which may be well again soon.
    if (typeof reply?.ErrorCode !== "number") return new FoldmarkError(0, nothing);
    return new FoldmarkError(reply.ErrorCode, reply.ErrorInfo ?? "", { answered: true });
  } catch (cause) {
    return new FoldmarkError(0, nothing, { cause });
  }
}
