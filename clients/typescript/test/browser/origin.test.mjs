// Which pages may call as end users. Only browsers tell where a page is from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "/dist/index.js";
import { start } from "/test/emulator.mjs";

async function opened(origins) {
  const server = await start([], 0, origins);
  const { baseUrl, sdkappid } = server;
  const client = new Client({ baseUrl, sdkappid, identifier: "alice", usersig: await server.usersig("alice"), retries: 0 });
  return { server, client };
}

test("a page of an origin that is configured is served, another user's data is not", async () => {
  const { server, client } = await opened(["https://chat.example", location.origin]);
  assert.equal(await client.createGroup("alice", "Work"), 1);
  assert.deepEqual((await server.look("alice")).GroupItem.map((group) => group.GroupName), ["Work"]);
  await assert.rejects(client.createGroup("bob", "Work"), { code: 50003 });
  await server.stop();
});

test("a page of another origin is refused, is told nothing, and changes nothing", async () => {
  const { server, client } = await opened(["https://chat.example", location.origin.replace("127.0.0.1", "localhost")]);
  await assert.rejects(client.createGroup("alice", "Work"), { code: 0, isOutcomeUnknown: true });
  await assert.rejects(client.getChanges("alice"), { code: 0 });
  const mirror = client.mirror("alice");
  await new Promise((resolve, reject) => {
    let interruptions = 0;
    mirror.run({ onInterrupted: () => ++interruptions === 2 && resolve() }).catch(reject);
  });
  mirror.stop();
  assert.equal(mirror.state.isComplete, false);
  assert.deepEqual((await server.look("alice")).GroupItem, []);
  await server.stop();
});

test("where no origin is configured, no page is served, and each is told why", async () => {
  const { server, client } = await opened([]);
  await assert.rejects(client.createGroup("alice", "Work"), { code: 60021 });
  await assert.rejects(client.mirror("alice").run(), { code: 60021 });
  assert.deepEqual((await server.look("alice")).GroupItem, []);
  await server.stop();
});
