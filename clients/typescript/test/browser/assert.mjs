// As much of `node:assert/strict` as the tests ask for, for pages. `../assert.test.mjs` compares it with Node's.

export default function assert(value, message) {
  if (!value) throw wrong(message, `${show(value)} is not true`);
}

assert.ok = assert;

assert.equal = (is, wanted, message) => {
  if (!Object.is(is, wanted)) throw wrong(message, `${show(is)} in place of ${show(wanted)}`);
};

assert.notEqual = (is, other, message) => {
  if (Object.is(is, other)) throw wrong(message, `${show(is)} is what it must not be`);
};

assert.deepEqual = (is, wanted, message) => {
  if (!same(is, wanted)) throw wrong(message, `${show(is)} in place of ${show(wanted)}`);
};

assert.fail = (message) => {
  throw wrong(message, "this must not be reached");
};

assert.throws = (act, expected) => {
  try {
    act();
  } catch (error) {
    return expect(error, expected);
  }
  throw wrong(undefined, "nothing was thrown");
};

assert.rejects = async (promised, expected) => {
  try {
    await (typeof promised === "function" ? promised() : promised);
  } catch (error) {
    return expect(error, expected);
  }
  throw wrong(undefined, "nothing was thrown");
};

/** What was thrown must be as a function says, or have these properties. */
function expect(error, expected) {
  if (typeof expected === "function") {
    if (expected(error) !== true) throw wrong(undefined, `${error} is not the error that was expected`);
    return;
  }
  for (const [name, value] of Object.entries(expected ?? {})) {
    if (!same(error[name], value)) throw wrong(undefined, `${name} is ${show(error[name])} in place of ${show(value)}: ${error}`);
  }
}

function same(one, other) {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return Object.is(one, other);
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  // Their contents are no properties, and would all seem alike.
  if (!Array.isArray(one) && Object.getPrototypeOf(one) !== Object.prototype) throw new TypeError("only lists and plain objects can be compared");
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]));
}

function wrong(message, otherwise) {
  const error = new Error(message === undefined ? otherwise : `${message}: ${otherwise}`);
  error.name = "AssertionError";
  return error;
}

function show(value) {
  const text = typeof value === "object" ? JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part)) : String(value);
  return text.slice(0, 400);
}
