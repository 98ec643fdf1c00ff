// Serves the tests to a browser, and starts the servers that they ask for. It prints its address, and ends when it is asked to.
// The variable FOLDMARK names the binary.
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { Client } from "../../dist/index.js";
import { freePort, start } from "../emulator.mjs";

const folder = fileURLToPath(new URL("../..", import.meta.url));
const servers = [];

const asked = {
  files: () => ["", "browser/"].flatMap((place) => readdirSync(`${folder}test/${place}`).filter((name) => name.endsWith(".test.mjs")).map((name) => place + name)),
  async start({ more, port, origins }) {
    const allowed = origins.flatMap((origin, index) => ["--set", `server.cors_origins.${index}=${origin}`]);
    const server = await start([...allowed, ...more], port);
    const { baseUrl, adminUrl, sdkappid } = server;
    return { number: servers.push(server) - 1, baseUrl, adminUrl, sdkappid };
  },
  port: async () => ({ port: await freePort() }),
  usersig: ({ number, identifier, expire }) => ({ usersig: servers[number].usersig(identifier, expire) }),
  look({ number, identifier }) {
    const { baseUrl, sdkappid, usersig } = servers[number];
    return new Client({ baseUrl, sdkappid, identifier, usersig: usersig(identifier) }).getChanges(identifier);
  },
  async stop({ number }) {
    const server = servers[number];
    delete servers[number];
    await server?.stop();
    return {};
  },
  async end() {
    await Promise.all(servers.map((server) => server.stop()));
    setImmediate(() => process.exit());
    return {};
  },
};

const types = { html: "text/html", js: "text/javascript", mjs: "text/javascript" };

const listener = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://page");
  const answer = (status, type, body) => response.writeHead(status, { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" }).end(body);
  try {
    const what = /^\/ask\/(\w+)$/.exec(pathname)?.[1];
    if (request.method === "POST" && what in asked) {
      let body = "";
      for await (const part of request) body += part;
      return answer(200, "application/json", JSON.stringify(await asked[what](JSON.parse(body))));
    }
    const type = types[/^\/(?:dist|test)\/[\w./-]+\.(html|js|mjs)$/.exec(pathname)?.[1]];
    return type ? answer(200, type, readFileSync(folder + pathname.slice(1))) : answer(404, "text/plain", "");
  } catch (error) {
    return answer(500, "application/json", JSON.stringify({ error: String(error) }));
  }
});
listener.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${listener.address().port}`));
