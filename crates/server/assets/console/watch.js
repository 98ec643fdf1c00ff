"use strict";
// Shows the events of a watch as they come, the newest first. What is told is shown as text, never as markup.

const MOST = 100;
const place = document.querySelector("[data-watch]");
if (place) watch(place);

function watch(place) {
  const state = place.querySelector("[data-state]");
  const stop = place.querySelector("[data-stop]");
  const list = place.querySelector("[data-events]");
  const source = new EventSource(place.dataset.watch);

  const say = (text) => { state.textContent = text; };
  const finish = (text) => {
    source.close();
    stop.hidden = true;
    say(text);
  };

  function add(name, data) {
    let value = null;
    try { value = JSON.parse(data); } catch { /* shown as it is */ }
    const item = document.createElement("li");
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    const body = document.createElement("pre");
    summary.textContent = [new Date().toISOString().slice(11, 19) + " UTC", name, gist(value)].filter(Boolean).join(" · ");
    body.textContent = value === null ? data : JSON.stringify(value, null, 2);
    body.tabIndex = 0;
    details.append(summary, body);
    item.append(details);
    list.prepend(item);
    while (list.children.length > MOST) list.lastElementChild.remove();
    details.open = true;
    const before = item.nextElementSibling?.querySelector("details");
    if (before) before.open = false;
  }

  source.onopen = () => {
    say(place.dataset.open);
    stop.hidden = false;
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) finish(place.dataset.refused);
    else say(place.dataset.lost);
  };
  for (const name of ["changes", "user", "reset"]) {
    source.addEventListener(name, (event) => add(name, event.data));
  }
  source.addEventListener("end", (event) => {
    add("end", event.data);
    finish(place.dataset.end);
  });
  source.addEventListener("closed", (event) => finish(place.dataset[JSON.parse(event.data)]));
  stop.addEventListener("click", () => finish(place.dataset.stopped));
}

// A line about an event.
function gist(value) {
  if (value === null) return "";
  if (value.ErrorCode) return value.ErrorCode + " " + value.ErrorInfo;
  const parts = [value.From_Account, "Revision" in value ? "Revision " + value.Revision : ""];
  for (const name of ["ContactItem", "RemovedItem", "GroupItem", "RemovedGroupId"]) {
    if (value[name]?.length) parts.push(name + " " + value[name].length);
  }
  if (value.Reset) parts.push("Reset");
  return parts.filter(Boolean).join(" · ");
}
