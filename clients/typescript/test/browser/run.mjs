// Runs the test files that the page is told of, and keeps what came of them in `window.report`.
import { runFile } from "node:test";

const report = { files: [], isDone: false };
window.report = report;
/** What nobody waits for fails the file that runs. */
let stray = [];
addEventListener("error", (event) => stray.push(`${event.message}`));
addEventListener("unhandledrejection", (event) => stray.push(String(event.reason?.stack ?? event.reason)));

for (const file of await (await fetch("/ask/files", { method: "POST", body: "{}" })).json()) {
  stray = [];
  const tests = await runFile(`/test/${file}`);
  for (const failed of stray) tests.push({ name: "(nobody waited for it)", failed });
  report.files.push({ file, tests });
  const lines = tests.map(({ name, failed }) => `${failed ? "FAILED" : "ok"}  ${name}${failed ? `\n${failed}` : ""}`);
  document.querySelector("pre").append(`${file}\n${lines.join("\n")}\n\n`);
}
report.isDone = true;
