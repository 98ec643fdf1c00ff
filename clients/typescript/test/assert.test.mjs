// That the tests of pages can fail: what they compare with says the same as Node's. In a page it is compared with itself, which says
// that it says the same there.
import node from "node:assert/strict";
import { test } from "node:test";
import page from "./browser/assert.mjs";

class Refusal extends Error {
  code = 7;
}
const thrown = () => {
  throw new Refusal("no");
};
const cases = [
  (assert) => assert(true),
  (assert) => assert(0),
  (assert) => assert.ok(""),
  (assert) => assert.fail(),
  (assert) => assert.equal(1, 1),
  (assert) => assert.equal(1n, 1n),
  (assert) => assert.equal(1, "1"),
  (assert) => assert.equal({}, {}),
  (assert) => assert.notEqual("a", "b"),
  (assert) => assert.notEqual("a", "a"),
  (assert) => assert.deepEqual([1, { a: ["é"] }], [1, { a: ["é"] }]),
  (assert) => assert.deepEqual({ a: 1, b: 2 }, { b: 2, a: 1 }),
  (assert) => assert.deepEqual([1], [1, 2]),
  (assert) => assert.deepEqual([1, 2], [1]),
  (assert) => assert.deepEqual({ a: undefined }, {}),
  (assert) => assert.deepEqual({ a: undefined }, { b: undefined }),
  (assert) => assert.deepEqual([], {}),
  (assert) => assert.deepEqual(null, {}),
  (assert) => assert.deepEqual({ a: { b: 1 } }, { a: { b: 2 } }),
  (assert) => assert.throws(thrown, { code: 7 }),
  (assert) => assert.throws(thrown, { code: 8 }),
  (assert) => assert.throws(thrown, { code: 7, other: 1 }),
  (assert) => assert.throws(thrown, (error) => error instanceof Refusal),
  (assert) => assert.throws(thrown, () => false),
  (assert) => assert.throws(() => {}),
  (assert) => assert.rejects(async () => thrown(), { code: 7 }),
  (assert) => assert.rejects(async () => thrown(), { code: 8 }),
  (assert) => assert.rejects(Promise.reject(new Refusal("no")), { code: 7 }),
  (assert) => assert.rejects(Promise.resolve()),
];
/** Which of them fail. */
const FAILING = [1, 2, 3, 6, 7, 9, 12, 13, 14, 15, 16, 17, 18, 20, 21, 23, 24, 26, 28];

for (const [name, assert] of Object.entries({ node, page })) {
  test(`assertions hold or do not, as ${name} has them`, async () => {
    const failing = [];
    for (const [index, one] of cases.entries()) {
      try {
        await one(assert);
      } catch (error) {
        if (error.name !== "AssertionError") throw error;
        failing.push(index);
      }
    }
    if (failing.join() !== FAILING.join()) throw new Error(`these failed: ${failing}`);
  });
}
