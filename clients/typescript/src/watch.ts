import { sleep, type Client } from "./client.js";
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
  /** Is told of each interruption before it is tried again. */
  onInterrupted?: (error: unknown) => void;
  /** Milliseconds of silence after which the connection counts as dead; the server says something every 15 seconds. */
  silence?: number;
}

/** Codes of an end that is none: the server stops, or has too much to do. */
const COMES_BACK = new Set([50004, 50005, 60008]);
/** The UserSig is expired, or its key is not taken any more: another one may be. */
const SIGNATURE = new Set([70001, 70003, 70009, 70013]);

const PAUSE_MIN = 500;
const PAUSE_MAX = 15_000;

export async function* watch(client: Client, user: string, options: WatchOptions): AsyncGenerator<Changes, void, void> {
  let cursor = options.cursor;
  let pause = PAUSE_MIN;
  let renewed = false;
  while (!options.signal?.aborted) {
    try {
      for await (const changes of once(client, user, cursor, options)) {
        cursor = changes.Cursor;
        pause = PAUSE_MIN;
        renewed = false;
        yield changes;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (error instanceof FoldmarkError && error.code !== 0 && !COMES_BACK.has(error.code)) {
        const mayRenew = SIGNATURE.has(error.code) && typeof client.options.usersig === "function" && !renewed;
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

/** One connection, until it ends. */
async function* once(client: Client, user: string, cursor: string | undefined, options: WatchOptions): AsyncGenerator<Changes, void, void> {
  const query = await client.query();
  query.set("From_Account", user);
  if (cursor) query.set("Cursor", cursor);
  const silent = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, silent.signal]) : silent.signal;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silent.abort(new FoldmarkError(0, "the server has gone silent")), options.silence ?? 40_000);
  };
  alive();
  try {
    const response = await client.fetch(`${client.options.baseUrl}/v4/foldmark/watch?${query}`, { signal, headers: { accept: "text/event-stream" } });
    if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
      throw refusal(await response.text(), response.status);
    }
    for await (const event of events(response.body)) {
      alive();
      if (event.event === "changes") yield JSON.parse(event.data) as Changes;
      else if (event.event === "end") throw refusal(event.data, response.status);
    }
  } finally {
    clearTimeout(timer);
    silent.abort();
  }
}

function refusal(text: string, status: number): FoldmarkError {
  try {
    const reply = JSON.parse(text) as { ErrorCode: number; ErrorInfo: string };
    return new FoldmarkError(reply.ErrorCode, reply.ErrorInfo, { answered: true });
  } catch (cause) {
    return new FoldmarkError(0, `no stream of events came, with HTTP status ${status}`, { cause });
  }
}
