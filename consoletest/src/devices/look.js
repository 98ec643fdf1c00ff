// What can be wrong with the page or frame that is shown, as a list of sentences.
const wrong = [];
const page = document.documentElement;
if (page.scrollWidth > page.clientWidth) {
  const wide = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > page.clientWidth + 0.5);
  const names = wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 80));
  wrong.push(`it is ${page.scrollWidth} pixels wide where ${page.clientWidth} are to be seen: ${names.join(" ")}`);
}
for (const entry of performance.getEntriesByType("resource")) {
  const { hostname } = new URL(entry.name);
  if (hostname !== location.hostname && !entry.name.startsWith("data:")) wrong.push(`it loaded ${entry.name}`);
}
if (document.querySelectorAll("h1").length !== 1) wrong.push("it has not one heading");
if (document.title === "") wrong.push("it has no title");
return wrong;
