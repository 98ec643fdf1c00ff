// A real server for the tests of a page, which cannot start one: `serve.mjs` does.

async function ask(what, body) {
  const response = await fetch(`/ask/${what}`, { method: "POST", body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${what}: ${answer.error}`);
  return answer;
}

/** As that of Node's. */
export const freePort = () => ask("port", {}).then(({ port }) => port);

/** As that of Node's, with the origins whose pages may call as end users; this page's, unless others are given. */
export async function start(more = [], port = 0, origins = [location.origin]) {
  const { number, ...server } = await ask("start", { more, port, origins });
  return {
    ...server,
    usersig: (identifier, expire) => ask("usersig", { number, identifier, expire }).then(({ usersig }) => usersig),
    /** What a user has, as a program that is no browser is told. */
    look: (identifier) => ask("look", { number, identifier }),
    stop: () => ask("stop", { number }),
  };
}
