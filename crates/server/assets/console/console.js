"use strict";
// What the console does beyond HTML. Every page works without it.

// The checkbox in a table's head ticks all below it.
for (const all of document.querySelectorAll("input[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of all.closest("table").querySelectorAll("tbody input[type=checkbox]")) {
      box.checked = all.checked;
    }
  });
}

// Of the fields beside a choice, those that belong to it are shown.
for (const choices of document.querySelectorAll("[data-choices]")) {
  const choice = choices.querySelector("[data-choice]");
  const show = () => {
    for (const field of choices.querySelectorAll("[data-for]")) {
      field.hidden = !field.dataset.for.split(" ").includes(choice.value);
    }
  };
  choice.addEventListener("change", show);
  show();
}

// One menu is open at a time, and Escape closes it.
const menus = document.querySelectorAll(".chip details, .choose");
for (const menu of menus) {
  menu.addEventListener("toggle", () => {
    if (menu.open) for (const other of menus) if (other !== menu) other.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

// A chosen file is read into the text field beside it.
for (const file of document.querySelectorAll("input[type=file][data-into]")) {
  file.addEventListener("change", async () => {
    if (file.files.length) document.getElementById(file.dataset.into).value = await file.files[0].text();
  });
}

// A part of the page that is alive is fetched again now and then, while somebody looks.
const live = document.querySelector("[data-live]");
if (live) {
  setInterval(async () => {
    if (document.hidden || live.contains(document.activeElement) && document.activeElement !== live) return;
    try {
      const answer = await fetch(location.href, { redirect: "error", headers: { "foldmark-refresh": "1" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      if (!answer.ok || !fresh) return;
      // What was unfolded stays so.
      for (const details of live.querySelectorAll("details[open][id]")) {
        fresh.querySelector("#" + details.id)?.setAttribute("open", "");
      }
      live.replaceChildren(...fresh.childNodes);
    } catch {
      // The server is away, or wants the token: the next look at the page says so.
    }
  }, 1000 * Number(live.dataset.live));
}

// Text is copied by its button.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent));
}
