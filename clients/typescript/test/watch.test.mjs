// A server that says whatever a test wants, and proxies that speak for it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../dist/index.js";

const changes = (name) => `id: c\nevent: changes\ndata: ${JSON.stringify({ Reset: false, More: false, Cursor: name, Revision: 1, ContactItem: [], RemovedItem: [], GroupItem: [], RemovedGroupId: [] })}\n\n`;
const end = (ErrorCode) => `event: end\ndata: ${JSON.stringify({ ActionStatus: "FAIL", ErrorCode, ErrorInfo: "x" })}\n\n`;
const stream = (...texts) => new Response(texts.join(""), { headers: { "content-type": "text/event-stream" } });
const json = (value, status = 200) => new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json" } });

/** A client that is given these answers, one after the other, and the URLs that it asked for. */
function answered(...answers) {
  const asked = [];
  const renewed = [];
  const fetch = async (url) => {
    asked.push(new URL(url));
    const answer = answers.shift();
    if (!answer) throw new Error("there is no further answer");
    return answer;
  };
  const usersig = () => (renewed.push("sig"), `sig${renewed.length}`);
  return { asked, renewed, client: new Client({ baseUrl: "http://foldmark.invalid", sdkappid: 1, identifier: "alice", usersig, fetch }) };
}

/** Watches until a page has this cursor. */
async function until(client, cursor, options) {
  for await (const page of client.watch("alice", options)) if (page.Cursor === cursor) return;
  throw new Error("the watch ended");
}

test("UserSigs of an idle watch are renewed as often as they expire", async () => {
  const { client, renewed } = answered(stream(":\n\n", end(70001)), stream(":\n\n", end(70001)), stream(":\n\n", end(70009)), stream(changes("last")));
  await until(client, "last", { cursor: "first" });
  assert.equal(renewed.length, 4);
});

test("a UserSig that is not taken is renewed once", async () => {
  const { client, renewed } = answered(json({ ErrorCode: 70001, ErrorInfo: "x" }), json({ ErrorCode: 70003, ErrorInfo: "x" }));
  await assert.rejects(until(client, "last"), { code: 70003 });
  assert.equal(renewed.length, 2);
});

test("a stream that ends without a word is an interruption", async () => {
  const { client, asked } = answered(stream(changes("one")), stream(changes("two")));
  const told = [];
  await until(client, "two", { onConnected: () => told.push("connected"), onInterrupted: () => told.push("interrupted") });
  assert.deepEqual(told, ["connected", "interrupted", "connected"]);
  assert.equal(asked[1].searchParams.get("Cursor"), "one");
});

test("what a proxy says in place of the server is an interruption, whatever it is", async () => {
  const page = new Response("<html>502 Bad Gateway</html>", { status: 502, headers: { "content-type": "text/html" } });
  const { client } = answered(page, json({ message: "Service Unavailable" }, 503), json(null, 504), stream(changes("one")));
  let interruptions = 0;
  await until(client, "one", { onInterrupted: () => interruptions++ });
  assert.equal(interruptions, 3);
});

test("what a proxy answers to a call says nothing of what was done", async () => {
  for (const answer of [json({ message: "Service Unavailable" }, 503), json(null, 502), json([]), new Response("<html>", { status: 502 })]) {
    const { client, asked } = answered(answer);
    await assert.rejects(client.renameGroup("alice", "a", "b"), (error) => error.code === 0 && error.isOutcomeUnknown);
    assert.equal(asked.length, 1, "it is not repeated without a key");
  }
  const { client, asked } = answered(json({ message: "Service Unavailable" }, 503), json({ ErrorCode: 0, ActionStatus: "OK", ErrorInfo: "" }));
  await client.renameGroup("alice", "a", "b", { idempotencyKey: "k" });
  assert.equal(asked.length, 2);
});

test("a UserSig that never comes ends the call, and what waits for it goes on", async () => {
  let asked = 0;
  let sent = 0;
  const usersig = () => (asked++ ? "sig" : new Promise(() => {}));
  const fetch = async () => (sent++, json({ ErrorCode: 0, ErrorInfo: "", ResultItem: [] }));
  const client = new Client({ baseUrl: "http://foldmark.invalid", sdkappid: 1, identifier: "alice", usersig, fetch, timeout: 2000 });
  const mirror = client.mirror("alice");
  const bob = { Type: 1, To_Account: "bob" };
  const first = mirror.mark(bob, { set: [0] });
  const second = mirror.mark(bob, { set: [1] });
  // Waiting for the time-out alone does not keep Node.js running.
  const deadline = setTimeout(() => {}, 10_000);
  try {
    await assert.rejects(first, (error) => error.message === "no UserSig came" && !error.isOutcomeUnknown);
    await second;
  } finally {
    clearTimeout(deadline);
  }
  assert.equal(sent, 1);
});

test("a call that is given up does not wait for its UserSig", async () => {
  const client = new Client({ baseUrl: "http://foldmark.invalid", sdkappid: 1, identifier: "alice", usersig: () => new Promise(() => {}) });
  const given = new AbortController();
  const call = client.deleteGroup("alice", "Work", { signal: given.signal });
  given.abort();
  await assert.rejects(call, { name: "AbortError" });
});

test("a UserSig that never comes is an interruption of a watch, which ends when it is told to", async () => {
  let asked = 0;
  const usersig = () => (asked++ ? "sig" : new Promise(() => {}));
  const fetch = async () => stream(changes("one"));
  const client = new Client({ baseUrl: "http://foldmark.invalid", sdkappid: 1, identifier: "alice", usersig, fetch });
  const interruptions = [];
  await until(client, "one", { silence: 2000, onInterrupted: (error) => interruptions.push(error.message) });
  assert.deepEqual(interruptions, ["the server has gone silent"]);

  const nobody = new Client({ baseUrl: "http://foldmark.invalid", sdkappid: 1, identifier: "alice", usersig: () => new Promise(() => {}) });
  await assert.rejects(until(nobody, "one", { signal: AbortSignal.timeout(50) }), { message: "the watch ended" });
});
