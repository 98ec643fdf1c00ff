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

/** What the server answers when it has made a group. */
const created = (GroupName, GroupId, revision) => ({ GroupResultItem: [{ GroupItem: { GroupName, GroupId }, ResultItem: [] }], revision });

/** Lets everything go on that can. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

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

test("changes are made one after the other, also behind one that is refused", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  const first = mirror.mark(bob, { set: [0] });
  const second = mirror.mark(bob, { clear: [0] });
  const third = mirror.mark(bob, { custom: "x" });
  assert.equal(mirror.state.conversations.get("u:bob").customMark, "x", "all are shown at once");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(client.calls.length, 1);
  client.calls[0].reject(new FoldmarkError(51007, "full", { answered: true }));
  await assert.rejects(first, { code: 51007 });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(client.calls.length, 2);
  assert.deepEqual(client.calls[1].args[1], [{ contact: bob, clear: [0] }]);
  client.calls[1].resolve(1);
  await second;
  await new Promise((resolve) => setTimeout(resolve, 0));
  client.calls[2].resolve(2);
  await third;
  await new Promise((resolve) => setTimeout(resolve, 0));
  // Nothing is waited for when nothing is under way.
  mirror.mark(bob, { set: [1] });
  assert.equal(client.calls.length, 4);
});

test("a change of a user who was put there anew is not shown for ever", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ Revision: 50 }));
  const marked = mirror.mark(bob, { custom: "old" });
  client.calls[0].resolve(51);
  await marked;
  assert.equal(mirror.state.conversations.get("u:bob").customMark, "old", "not told yet");
  mirror.apply(page({ Reset: true, Revision: 3 }));
  assert.equal(mirror.state.conversations.size, 0);
});

test("a change of a group that is being made is shown with it, before and after it has its id", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({}));
  const made = mirror.createGroup("Work");
  const id = mirror.state.groups[0].id;
  assert.ok(id < 0);
  const added = mirror.setMember(id, bob, true);
  assert.deepEqual(mirror.state.conversations.get("u:bob").groups, [id]);
  mirror.apply(page({ GroupItem: [{ GroupName: "Work", GroupId: 7, Order: 1 }], Revision: 2 }));
  assert.deepEqual(mirror.state.groups.map((group) => group.id), [7]);
  assert.deepEqual(mirror.state.conversations.get("u:bob").groups, [7]);
  client.calls[0].resolve(created("Work", 7, 2));
  await made;
  await new Promise((resolve) => setTimeout(resolve, 0));
  mirror.apply(page({ RemovedGroupId: [7], Revision: 3 }));
  assert.equal(mirror.state.conversations.size, 0, "another device has deleted the group meanwhile");
  client.calls[1].reject(new FoldmarkError(51009, "none", { answered: true }));
  await assert.rejects(added, { code: 51009 });
});

test("a change behind a rename that is refused is that of the same group", async () => {
  const asked = {
    delete: (mirror) => mirror.deleteGroup(5),
    rename: (mirror) => mirror.renameGroup(5, "C"),
    fill: (mirror) => mirror.setMember(5, bob, true),
    order: (mirror) => mirror.setOrder([5]),
  };
  const sent = {
    delete: ({ args }) => args[1].GroupName,
    rename: ({ args }) => [args[1].UpdateGroup.OldGroupName],
    fill: ({ args }) => [args[1]],
    order: ({ args }) => args[1].GroupName,
  };
  for (const what of Object.keys(asked)) {
    for (const isRefused of [true, false]) {
      const client = held();
      const mirror = new Mirror(client, "alice");
      mirror.apply(page({ GroupItem: [{ GroupName: "A", GroupId: 5 }, { GroupName: "B", GroupId: 9 }] }));
      const renamed = mirror.renameGroup(5, "B");
      const second = asked[what](mirror);
      if (isRefused) {
        client.calls[0].reject(new FoldmarkError(50002, "taken", { answered: true }));
        await assert.rejects(renamed, { code: 50002 });
      } else {
        client.calls[0].resolve({ revision: 2 });
        await renamed;
      }
      await settle();
      assert.deepEqual(sent[what](client.calls[1]), [isRefused ? "A" : "B"], what);
      client.calls[1].resolve(what === "fill" ? 3 : { revision: 3 });
      await second;
    }
  }
});

test("a change takes the name that another device gave the group meanwhile", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ GroupItem: [{ GroupName: "A", GroupId: 5 }] }));
  const renamed = mirror.renameGroup(5, "B");
  const deleted = mirror.deleteGroup(5);
  mirror.apply(page({ Revision: 3, GroupItem: [{ GroupName: "C", GroupId: 5 }, { GroupName: "B", GroupId: 9 }] }));
  client.calls[0].resolve({ revision: 2 });
  await renamed;
  await settle();
  assert.deepEqual(client.calls[1].args[1].GroupName, ["C"]);
  client.calls[1].resolve({ revision: 4 });
  await deleted;
});

test("a change of a group that is gone when it is its turn is not sent", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ GroupItem: [{ GroupName: "A", GroupId: 5 }] }));
  const marked = mirror.mark(bob, { set: [0] });
  const added = mirror.setMember(5, bob, true);
  // Another device has deleted it, and made another of its name.
  mirror.apply(page({ Revision: 2, RemovedGroupId: [5], GroupItem: [{ GroupName: "A", GroupId: 9 }] }));
  const refused = assert.rejects(added, { message: "there is no group 5" });
  client.calls[0].resolve(3);
  await marked;
  await settle();
  assert.equal(client.calls.length, 1);
  await refused;
  assert.deepEqual(mirror.state.conversations.get("u:bob").groups, []);
});

test("a change of a group that was not made is not sent, although another has its name", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({}));
  const made = mirror.createGroup("B");
  const id = mirror.state.groups[0].id;
  const deleted = mirror.deleteGroup(id);
  const again = mirror.mark(bob, { set: [0] });
  mirror.apply(page({ Revision: 2, GroupItem: [{ GroupName: "B", GroupId: 9 }] }));
  const refused = assert.rejects(deleted, { message: `there is no group ${id}` });
  client.calls[0].reject(new FoldmarkError(51010, "full", { answered: true }));
  await assert.rejects(made, { code: 51010 });
  await settle();
  assert.deepEqual(client.calls[1].args[1], [{ contact: bob, set: [0] }], "what comes next is made");
  await refused;
  assert.deepEqual(mirror.state.groups.map((group) => group.id), [9]);
  client.calls[1].resolve(3);
  await again;
});

test("a group that has its id is found by the one that it had before, whatever it is called", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  const made = mirror.createGroup("Work");
  const id = mirror.state.groups[0].id;
  const renamed = mirror.renameGroup(id, "B");
  const deleted = mirror.deleteGroup(id);
  client.calls[0].resolve(created("Work", 7, 1));
  await made;
  mirror.apply(page({ Reset: true, Revision: 2, GroupItem: [{ GroupName: "Work", GroupId: 7 }, { GroupName: "B", GroupId: 9 }] }));
  assert.deepEqual(mirror.state.groups.map((group) => group.id), [9]);
  client.calls[1].reject(new FoldmarkError(50002, "taken", { answered: true }));
  await assert.rejects(renamed, { code: 50002 });
  await settle();
  assert.deepEqual(client.calls[2].args[1].GroupName, ["Work"]);
  client.calls[2].resolve({ revision: 3 });
  await deleted;
});

test("a change of a group is not sent to a user who was put there anew", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ Revision: 50, GroupItem: [{ GroupName: "A", GroupId: 5 }] }));
  const marked = mirror.mark(bob, { set: [0] });
  const deleted = mirror.deleteGroup(5);
  mirror.apply(page({ Reset: true, Revision: 3, GroupItem: [{ GroupName: "other", GroupId: 5 }] }));
  const refused = assert.rejects(deleted, { message: "everything was told anew, and the groups may be others" });
  client.calls[0].resolve(4);
  await marked;
  await settle();
  assert.equal(client.calls.length, 1);
  await refused;
  assert.deepEqual(mirror.state.groups.map((group) => group.name), ["other"]);
});

test("a change that is answered after the user was put there anew is not shown for ever", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({ Revision: 50 }));
  const marked = mirror.mark(bob, { custom: "old" });
  const next = mirror.mark(bob, { set: [0] });
  mirror.apply(page({ Reset: true, Revision: 3 }));
  client.calls[0].resolve(51);
  await marked;
  assert.equal(mirror.state.conversations.get("u:bob").customMark, "");
  await settle();
  client.calls[1].resolve(4);
  await next;
  assert.equal(mirror.state.conversations.get("u:bob").bits, 1n, "what began after it is shown until it is told");
  mirror.apply(page({ Revision: 4 }));
  assert.equal(mirror.state.conversations.size, 0);
});

test("a change that is answered when nothing was told yet is shown until it is", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  const marked = mirror.mark(bob, { custom: "x" });
  mirror.apply(page({ Reset: true, Revision: 0 }));
  client.calls[0].resolve(1);
  await marked;
  assert.equal(mirror.state.conversations.get("u:bob").customMark, "x");
});

test("a listener that fails leaves nothing behind", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({}));
  const end = mirror.subscribe(() => {
    throw new Error("cannot draw");
  });
  await assert.rejects(mirror.mark(bob, { set: [0] }), { message: "cannot draw" });
  end();
  assert.equal(mirror.state.conversations.size, 0);
  assert.equal(client.calls.length, 0);
});

test("a page without TLS, where there is no randomUUID, makes changes too", async () => {
  const client = held();
  const mirror = new Mirror(client, "alice");
  mirror.apply(page({}));
  Object.defineProperty(crypto, "randomUUID", { value: undefined, configurable: true });
  try {
    for (const number of [0, 1]) {
      const marked = mirror.mark(bob, { set: [number] });
      await settle();
      client.calls[number].resolve(2 + number);
      await marked;
    }
  } finally {
    delete crypto.randomUUID;
  }
  assert.equal(typeof crypto.randomUUID, "function");
  const keys = client.calls.map(({ args }) => args[2].idempotencyKey);
  for (const key of keys) assert.ok(/^[0-9a-f]{32}$/.test(key), key);
  assert.notEqual(keys[0], keys[1]);
});
