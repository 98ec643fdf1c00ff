// A chat product's sidebar, as small as it can be: folders, conversations, a star, and an unread dot.
import { Client, keyOf } from "/client/index.js";

const STAR = 0;
const UNREAD = 1;

const described = async () => (await fetch("/demo.json")).json();
const { baseUrl, sdkappid, user, people } = await described();
const client = new Client({ baseUrl, sdkappid, identifier: user, usersig: async () => (await described()).usersig });
const mirror = client.mirror(user);
const find = (id) => document.getElementById(id);
find("name").textContent = new URLSearchParams(location.search).get("name") ?? "Device";
document.title = find("name").textContent;
/** The folder that is open; `undefined`: all conversations. */
let open;

mirror.subscribe(draw);
find("add").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = find("folder");
  attempt(mirror.createGroup(field.value.trim()));
  field.value = "";
});
draw(mirror.state);
document.addEventListener("visibilitychange", follow);
follow();

/** Follows while it can be seen: browsers have six connections to a server without TLS, for all of their tabs together. */
function follow() {
  if (document.hidden) {
    mirror.stop();
    say("resting");
    return;
  }
  say("connecting…");
  mirror
    .run({ onConnected: () => say("live"), onInterrupted: () => say("interrupted; trying again…") })
    .catch((error) => {
      say("disconnected");
      problem(error);
    });
}

function draw({ groups, conversations }) {
  if (open !== undefined && !groups.some((group) => group.id === open)) open = undefined;
  const all = people.map((name) => ({ name, contact: { Type: 1, To_Account: name } }));
  const of = (person) => conversations.get(keyOf(person.contact));
  const count = (id) => all.filter((person) => of(person)?.groups.includes(id)).length;
  const focused = document.activeElement?.id;
  find("folders").replaceChildren(
    folder("All", undefined, all.length),
    ...groups.map((group) => folder(group.name, group.id, count(group.id), groups)),
  );
  find("shown").textContent = groups.find((group) => group.id === open)?.name ?? "All";
  const shown = all.filter((person) => open === undefined || of(person)?.groups.includes(open));
  find("conversations").replaceChildren(...shown.map((person) => conversation(person, of(person), groups)));
  // What had the focus was drawn anew, perhaps because of another device.
  if (focused) find(focused)?.focus({ preventScroll: true });
}

function folder(name, id, count, groups) {
  const choose = element("button", { type: "button", id: `folder-${id ?? "all"}`, textContent: name, className: "choose" });
  if (id === open) choose.setAttribute("aria-current", "true");
  choose.append(element("span", { className: "count", textContent: ` ${count}` }));
  choose.addEventListener("click", () => {
    open = id;
    draw(mirror.state);
  });
  const item = element("li", {});
  item.append(choose);
  if (id !== undefined) {
    const ids = groups.map((group) => group.id);
    const up = tool("up", "↑", `Move ${name} up`, id, ids[0] !== id && ids.every((id) => id > 0));
    up.addEventListener("click", () => isOn(up) && attempt(mirror.setOrder(moved(ids, id))));
    const remove = tool("delete", "×", `Delete ${name}`, id, id > 0);
    remove.addEventListener("click", () => isOn(remove) && attempt(mirror.deleteGroup(id)));
    item.append(up, remove);
  }
  return item;
}

/** A button of a folder. One that is off keeps the focus. */
function tool(what, sign, label, id, isOn) {
  const button = element("button", { type: "button", id: `${what}-${id}`, textContent: sign, className: "tool", title: label });
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-disabled", String(!isOn));
  return button;
}

function isOn(button) {
  return button.getAttribute("aria-disabled") === "false";
}

/** The same ids, one of them a place further up. */
function moved(ids, id) {
  const at = ids.indexOf(id);
  const others = ids.filter((other) => other !== id);
  return [...others.slice(0, at - 1), id, ...others.slice(at - 1)];
}

function conversation({ name, contact }, kept, groups) {
  const bits = kept?.bits ?? 0n;
  const has = (bit) => ((bits >> BigInt(bit)) & 1n) === 1n;
  const toggle = (bit, label, on, off) => {
    const button = element("button", { type: "button", id: `mark-${bit}-${name}`, textContent: has(bit) ? on : off, className: "mark", title: label });
    button.setAttribute("aria-label", `${label}: ${name}`);
    button.setAttribute("aria-pressed", String(has(bit)));
    button.addEventListener("click", () => attempt(mirror.mark(contact, has(bit) ? { clear: [bit] } : { set: [bit] })));
    return button;
  };
  const item = element("li", {});
  const tags = element("span", { className: "tags" });
  for (const group of groups) {
    const isIn = kept?.groups.includes(group.id) ?? false;
    const tag = element("button", { type: "button", id: `tag-${name}-${group.id}`, textContent: group.name, className: "tag" });
    tag.setAttribute("aria-pressed", String(isIn));
    tag.disabled = group.id < 0;
    tag.addEventListener("click", () => attempt(mirror.setMember(group.id, contact, !isIn)));
    tags.append(tag);
  }
  item.append(toggle(STAR, "Star", "★", "☆"), toggle(UNREAD, "Unread", "●", "○"), element("span", { className: "person", textContent: name }), tags);
  return item;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

async function attempt(change) {
  problem();
  try {
    await change;
  } catch (error) {
    problem(error);
  }
}

function problem(error) {
  find("problem").textContent = error ? `That did not work, and was taken back: ${error.message}` : "";
}

function say(text) {
  find("connection").textContent = text;
}
