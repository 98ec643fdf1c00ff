// As much of `node:test` as the tests ask for, for pages: tests run one after the other, and what comes after them at the end.

/** Longer than any test takes; one that hangs is named. */
const PATIENCE = 60_000;

let tests = [];
let ends = [];

export function test(name, run) {
  tests.push({ name, run });
}

export function after(run) {
  ends.push(run);
}

/** Runs the tests of one file, and gives a line for each: its name, and why it failed. */
export async function runFile(url) {
  tests = [];
  ends = [];
  const told = [];
  const failed = await failure(() => import(url));
  if (failed) return [{ name: "(loading)", failed }];
  for (const { name, run } of tests) told.push({ name, failed: await failure(run) });
  for (const run of ends) {
    const failed = await failure(run);
    if (failed) told.push({ name: "(after)", failed });
  }
  return told;
}

async function failure(run) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error("it does not end")), PATIENCE);
  });
  try {
    await Promise.race([run(), late]);
    return undefined;
  } catch (error) {
    return String(error?.stack ?? error);
  } finally {
    clearTimeout(timer);
  }
}
