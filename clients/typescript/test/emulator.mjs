// A real server for tests: `foldmark dev`, with end users let in. The variable FOLDMARK names the binary.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

// A port that the system gives nobody unasked, as it does with those from 32768 on.
export async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (isFree) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
}

export async function start(more = [], port = 0) {
  const binary = process.env.FOLDMARK;
  if (!binary) throw new Error("FOLDMARK must name the binary: cargo xtask test devices sets it");
  const folder = mkdtempSync(join(tmpdir(), "foldmark-typescript-"));
  const options = ["--listen", `127.0.0.1:${port}`, "--admin-listen", "127.0.0.1:0", "--accounts", "open", "--set", "apps.0.end_users=true", "--json-ready", ...more];
  const child = spawn(binary, ["dev", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const { value: line } = await lines[Symbol.asyncIterator]().next();
  if (line === undefined) throw new Error(`the server ended (${child.exitCode ?? child.signalCode}): ${options.join(" ")}`);
  const ready = JSON.parse(line);
  const key = join(folder, "key");
  writeFileSync(key, ready.key);
  const usersig = (identifier, expire = 3600) =>
    execFileSync(binary, ["usersig", "--sdkappid", String(ready.sdkappid), "--key-file", key, "--identifier", identifier, "--expire", String(expire)], { encoding: "utf8" }).trim();
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    rmSync(folder, { recursive: true });
  };
  return { baseUrl: ready.url, adminUrl: ready.admin_url, sdkappid: ready.sdkappid, usersig, stop };
}
