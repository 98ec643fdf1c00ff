// Against a real server.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Client, FoldmarkError } from "../dist/index.js";
import { freePort, start } from "./emulator.mjs";

const server = await start();
const { baseUrl, sdkappid } = server;
const alice = await server.usersig("alice");
const user = "alice";
const administrator = new Client({ baseUrl, sdkappid, identifier: "administrator", usersig: await server.usersig("administrator") });
const own = new Client({ baseUrl, sdkappid, identifier: user, usersig: () => alice });
const mirrors = [];

async function until(condition, mirror) {
  const deadline = Date.now() + 20_000;
  while (!condition(mirror.state)) {
    if (Date.now() > deadline) throw new Error("it did not come about: " + JSON.stringify(mirror.state.groups));
    await new Promise((resolve) => {
      const end = mirror.subscribe(resolve);
      setTimeout(() => (end(), resolve()), 100);
    });
  }
}

function follow(client) {
  const mirror = client.mirror(user);
  mirrors.push({ mirror, run: mirror.run() });
  return mirror;
}

after(async () => {
  for (const { mirror } of mirrors) mirror.stop();
  await Promise.all(mirrors.map(({ run }) => run));
  await server.stop();
});

test("ids with spaces and plus signs are sent as they are", async () => {
  for (const id of ["a b", "a+b", "é & %"]) {
    const usersig = await server.usersig(id);
    const client = new Client({ baseUrl, sdkappid, identifier: id, usersig });
    await client.createGroup(id, "of " + id);
    for await (const changes of client.watch(id)) {
      assert.deepEqual(changes.GroupItem.map((group) => group.GroupName), ["of " + id]);
      break;
    }
  }
});

test("two devices follow each other", async () => {
  const phone = follow(own);
  const laptop = follow(own);
  await until((state) => state.isComplete, phone);
  await until((state) => state.isComplete, laptop);
  await phone.createGroup("Work");
  await until((state) => state.groups.some((group) => group.name === "Work" && group.id > 0), laptop);
  const id = laptop.state.groups.find((group) => group.name === "Work").id;
  await laptop.setMember(id, { Type: 1, To_Account: "bob" }, true);
  await laptop.mark({ Type: 1, To_Account: "bob" }, { set: [0, 40], custom: "é 工" });
  await until((state) => state.conversations.get("u:bob")?.customMark === "é 工", phone);
  const bob = phone.state.conversations.get("u:bob");
  assert.deepEqual(bob.groups, [id]);
  assert.equal(bob.bits, (1n << 40n) | 1n);
  await phone.renameGroup(id, "Office");
  await until((state) => state.groups.some((group) => group.name === "Office"), laptop);
  await laptop.createGroup("Home");
  await until((state) => state.groups.length === 2 && state.groups.every((group) => group.id > 0), phone);
  await phone.setOrder([...phone.state.groups].reverse().map((group) => group.id));
  await until((state) => state.groups[0].name === "Home", laptop);
  await phone.deleteGroup(id);
  await until((state) => state.groups.length === 1 && state.conversations.get("u:bob").groups.length === 0, laptop);
});

test("a change that is refused is taken back and told", async () => {
  const mirror = follow(own);
  await until((state) => state.isComplete, mirror);
  const id = mirror.state.groups[0].id;
  await assert.rejects(mirror.renameGroup(id, "x".repeat(200)), (error) => error instanceof FoldmarkError && error.code > 50000 && !error.isRetryable);
  assert.notEqual(mirror.state.groups[0].name, "x".repeat(200));
});

test("a watch goes on where an earlier one ended", async () => {
  const first = new AbortController();
  let cursor;
  for await (const changes of administrator.watch(user, { signal: first.signal })) {
    cursor = changes.Cursor;
    if (!changes.More) first.abort();
  }
  await administrator.mark(user, [{ contact: { Type: 1, To_Account: "carol" }, custom: "new" }]);
  const second = new AbortController();
  const told = [];
  for await (const changes of administrator.watch(user, { signal: second.signal, cursor })) {
    assert.equal(changes.Reset, false);
    told.push(...changes.ContactItem.map((found) => found.To_Account));
    if (told.length) second.abort();
  }
  assert.deepEqual(told, ["carol"]);
});

test("a mirror that was stopped goes on where it was", async () => {
  const resets = [];
  const noting = new Client({ baseUrl, sdkappid, identifier: user, usersig: alice });
  const watch = noting.watch.bind(noting);
  noting.watch = async function* (...args) {
    for await (const changes of watch(...args)) {
      resets.push(changes.Reset);
      yield changes;
    }
  };
  const mirror = noting.mirror(user);
  const first = mirror.run();
  await until((state) => state.isComplete, mirror);
  mirror.stop();
  await first;
  assert.equal(resets[0], true);
  resets.length = 0;
  await own.mark(user, [{ contact: { Type: 1, To_Account: "erin" }, custom: "meanwhile" }]);
  const second = mirror.run();
  await until((state) => state.conversations.has("u:erin"), mirror);
  mirror.stop();
  await second;
  assert.ok(resets.length > 0 && !resets.includes(true), "everything was told again");
});

test("who may not watch is told so, once", async () => {
  const stranger = new Client({ baseUrl, sdkappid, identifier: user, usersig: alice });
  await assert.rejects(async () => {
    for await (const _ of stranger.watch("bob")) assert.fail("nothing is his");
  }, { code: 50003 });
  const forged = new Client({ baseUrl, sdkappid, identifier: user, usersig: "forged" });
  await assert.rejects(async () => {
    for await (const _ of forged.watch(user)) assert.fail();
  }, (error) => error.code >= 70001 && error.code < 70100);
});

test("a repeat with the same key changes nothing", async () => {
  const idempotencyKey = crypto.randomUUID();
  const mark = { contact: { Type: 1, To_Account: "dave" }, custom: "once" };
  const revision = await own.mark(user, [mark], { idempotencyKey });
  assert.equal(await own.mark(user, [mark], { idempotencyKey }), revision);
  await assert.rejects(own.mark(user, [{ ...mark, custom: "other" }], { idempotencyKey }), { code: 52002 });
  await assert.rejects(own.mark(user, [mark], { ifRevision: 1 }), { code: 52001 });
});

test("a watch and its mirror survive a server that is away", async () => {
  // Nobody else gets this port while the server is away.
  const port = await freePort();
  const first = await start([], port);
  const usersig = await first.usersig("alice");
  const client = new Client({ baseUrl: first.baseUrl, sdkappid, identifier: "alice", usersig });
  await client.createGroup("alice", "Before");
  const mirror = client.mirror("alice");
  let interruptions = 0;
  let connections = 0;
  const run = mirror.run({ onInterrupted: () => interruptions++, onConnected: () => connections++ });
  await until((state) => state.groups.length === 1, mirror);
  assert.equal(connections, 1);
  await first.stop();
  // It keeps nothing, so that everything is another.
  const second = await start([], port);
  await new Client({ baseUrl: second.baseUrl, sdkappid, identifier: "alice", usersig }).createGroup("alice", "After");
  await until((state) => state.groups.length === 1 && state.groups[0].name === "After", mirror);
  assert.ok(interruptions > 0);
  assert.equal(connections, 2);
  mirror.stop();
  await run;
  await second.stop();
});

test("a watch that was begun too early is begun again", async () => {
  const slow = await start(["--set", "apps.0.limits.end_user_calls_per_second=1"]);
  // On a busy machine a second may go by between the two calls: then it is not too early, and another user tries.
  let codes = [];
  for (let number = 0; number < 20 && codes.length === 0; number++) {
    const identifier = `alice${number}`;
    const client = new Client({ baseUrl: slow.baseUrl, sdkappid, identifier, usersig: await slow.usersig(identifier) });
    await client.createGroup(identifier, "Work");
    const mirror = client.mirror(identifier);
    const run = mirror.run({ onInterrupted: (error) => codes.push(error.code) });
    await until((state) => state.groups.length === 1, mirror);
    mirror.stop();
    await run;
  }
  assert.equal(codes[0], 60007);
  await slow.stop();
});

test("what nobody answered is tried again under the same key, and done once", async () => {
  const flaky = await start(["--fail", "mark_contact=drop:50%:after", "--random-seed", "7"]);
  const client = new Client({ baseUrl: flaky.baseUrl, sdkappid, identifier: "alice", usersig: await flaky.usersig("alice"), retries: 12 });
  let revision = 0;
  for (let number = 0; number < 8; number++) {
    const made = await client.mark("alice", [{ contact: { Type: 1, To_Account: `peer${number}` }, custom: "x" }], { idempotencyKey: `key${number}` });
    assert.equal(made, revision + 1, "each was made once");
    revision = made;
  }
  await flaky.stop();
});
