// What can be wrong with the page that is shown, as a list of sentences. `arguments[0]`: the origin of the console.
const origin = arguments[0];
const wrong = [];
for (const entry of performance.getEntriesByType("resource")) {
  if (!entry.name.startsWith(origin + "/") && !entry.name.startsWith("data:")) {
    wrong.push(`it loaded ${entry.name}`);
  }
}
const page = document.documentElement;
if (page.scrollWidth > page.clientWidth) {
  const wide = [...document.querySelectorAll("body *")].filter((element) => {
    return element.getBoundingClientRect().right > page.clientWidth + 0.5;
  });
  const names = wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 80));
  wrong.push(`it is ${page.scrollWidth} pixels wide where ${page.clientWidth} are to be seen: ${names.join(" ")}`);
}
for (const script of document.scripts) {
  if (!script.src.startsWith(origin + "/console/assets/") || script.textContent !== "") {
    wrong.push(`a foreign script: ${script.outerHTML.slice(0, 120)}`);
  }
}
for (const element of document.querySelectorAll("*")) {
  for (const attribute of element.attributes) {
    if (attribute.name.startsWith("on") || attribute.name === "style") {
      wrong.push(`an attribute ${attribute.name}: ${element.outerHTML.slice(0, 120)}`);
    }
    if (["href", "src", "action", "formaction"].includes(attribute.name) && /^\s*javascript:/i.test(attribute.value)) {
      wrong.push(`a script as a link: ${element.outerHTML.slice(0, 120)}`);
    }
  }
}
if (document.querySelectorAll("img, iframe, object, embed").length > 0) wrong.push("a picture or a frame");
if (!document.title.includes("Foldmark")) wrong.push(`its title is ${document.title}`);
if (document.querySelectorAll("h1").length !== 1) wrong.push("it has not one heading");
return wrong;
