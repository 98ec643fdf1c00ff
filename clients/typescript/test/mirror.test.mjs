import assert from "node:assert/strict";
import { test } from "node:test";
import { FoldmarkError, Mirror } from "../dist/index.js";

const page = (more) => ({
  Reset: false,
  More: false,
  Cursor: "c",
  Revision: 1,
  ContactItem: [],
  RemovedItem: [],
  GroupItem: [],
  RemovedGroupId: [],
  ...more,
});
const bob = { Type: 1, To_Account: "bob" };

/** A client whose calls end when the test says so. */
function held() {
  const calls = [];
  const call = (...args) => new Promise((resolve, reject) => calls.push({ args, resolve, reject }));
  return { calls, call, mark: call, changeGroup: call };
}

test("what is told is shown, and what is removed is not", () => {
  const mirror = new Mirror(held(), "alice");
  assert.equal(mirror.state.isComplete, false);
  mirror.apply(page({ GroupItem: [{ GroupName: "b", GroupId: 1, Order: 2 }, { GroupName: "a", GroupId: 2, Order: 1 }], ContactItem: [{ ...bob, StandardMark: "1" + "0".repeat(63), ContactGroupId: [2, 1] }] }));
  assert.deepEqual(mirror.state.groups.map((group) => group.name), ["a", "b"]);
  assert.equal(mirror.state.conversations.get("u:bob").bits, 1n << 63n);
  mirror.apply(page({ RemovedGroupId: [2] }));
  assert.deepEqual(mirror.state.conversations.get("u:bob").groups, [1]);
  mirror.apply(page({ RemovedItem: [bob] }));
  assert.equal(mirror.state.conversations.size, 0);
});

test("a reset is shown when it is whole", () => {
  const mirror = new Mirror(held(), "alice");
  mirror.apply(page({ GroupItem: [{ GroupName: "old", GroupId: 1 }] }));
  mirror.apply(page({ Reset: true, More: true, GroupItem: [{ GroupName: "new", GroupId: 2 }] }));
  assert.deepEqual(mirror.state.groups.map((group) => group.name), ["old"]);
  mirror.apply(page({ ContactItem: [bob] }));
  assert.deepEqual(mirror.state.groups.map((group) => group.name), ["new"]);
  assert.equal(mirror.state.conversations.size, 1);
});

test("a change is shown at once, and stays until it is told", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({}));
  const marked = mirror.mark(bob, { set: [0] });
  assert.equal(mirror.state.conversations.get("u:bob").bits, 1n);
  // Something else is told meanwhile.
  mirror.apply(page({ Revision: 2, GroupItem: [{ GroupName: "g", GroupId: 1 }] }));
  assert.equal(mirror.state.conversations.get("u:bob").bits, 1n);
  client.calls[0].resolve(3);
  await marked;
  assert.equal(mirror.state.conversations.get("u:bob").bits, 1n, "not told yet");
  mirror.apply(page({ Revision: 3, ContactItem: [{ ...bob, StandardMark: "11" }] }));
  assert.equal(mirror.state.conversations.get("u:bob").bits, 3n, "what the server says counts");
});

test("what was told before its answer came is not shown twice", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  const marked = mirror.mark(bob, { custom: "x" });
  mirror.apply(page({ Revision: 1, ContactItem: [{ ...bob, CustomMark: "x" }] }));
  mirror.apply(page({ Revision: 2, ContactItem: [{ ...bob, CustomMark: "y" }] }));
  client.calls[0].resolve(1);
  await marked;
  assert.equal(mirror.state.conversations.get("u:bob").customMark, "y");
});

test("what is refused is taken back", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ GroupItem: [{ GroupName: "g", GroupId: 1 }] }));
  let told = 0;
  mirror.subscribe(() => told++);
  const added = mirror.setMember(1, bob, true);
  assert.deepEqual(mirror.state.conversations.get("u:bob").groups, [1]);
  client.calls[0].reject(new FoldmarkError(51007, "full", { answered: true }));
  await assert.rejects(added, { code: 51007 });
  assert.equal(mirror.state.conversations.size, 0);
  assert.equal(told, 2);
});

test("states that were handed out do not change", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ GroupItem: [{ GroupName: "g", GroupId: 1 }], ContactItem: [{ ...bob, ContactGroupId: [1] }] }));
  const before = mirror.state;
  assert.equal(mirror.state, before);
  mirror.apply(page({ RemovedGroupId: [1] }));
  assert.deepEqual(before.conversations.get("u:bob").groups, [1]);
});
