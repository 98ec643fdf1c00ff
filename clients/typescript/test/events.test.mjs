import assert from "node:assert/strict";
import { test } from "node:test";
import { events } from "../dist/events.js";

const stream = (...parts) =>
  new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(typeof part === "string" ? new TextEncoder().encode(part) : part);
      controller.close();
    },
  });

async function all(...parts) {
  const found = [];
  for await (const event of events(stream(...parts))) found.push(event);
  return found;
}

test("events come whole, however they are cut", async () => {
  const text = "retry: 1000\nid: 7\nevent: changes\ndata: {\"name\":\"工作\"}\n\n:\n\nevent: end\ndata: a\ndata: b\n\n";
  const bytes = new TextEncoder().encode(text);
  const expected = [
    { id: "7", event: "changes", data: '{"name":"工作"}' },
    { id: undefined, event: "", data: "" },
    { id: "7", event: "end", data: "a\nb" },
  ];
  assert.deepEqual(await all(text), expected);
  assert.deepEqual(await all(...Array.from(bytes, (byte) => new Uint8Array([byte]))), expected);
  assert.deepEqual(await all(text.replaceAll("\n", "\r\n")), expected);
});

test("half an event is none", async () => {
  assert.deepEqual(await all("event: changes\ndata: {}\n"), []);
});
