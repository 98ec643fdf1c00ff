"use strict";
// The form of a call and its JSON text, kept in step: the text is what is sent, and the form shows what it can of it.
// What the form cannot show, such as fields that nobody described, stays in the text when something else is changed.

const call = document.querySelector("form[data-call]");
const text = call.querySelector("textarea");
const form = call.querySelector("[data-form]");
const broken = call.querySelector("[data-broken]");

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const part = (field, selector) => field.querySelector(":scope > " + selector);
const sent = (field) => field.querySelector(":scope > .head > [data-sent], :scope > .head > label > [data-sent]");
const control = (field) => part(field, ".head > label > [data-value]");
const children = (field) => [...field.children].filter((child) => child.matches(".field"));
const rows = (field) => [...part(field, ".inside > .rows").children];

// Whether the form has a way to show the value, of this field itself and not of what is within it.
function fits(field, value) {
  switch (field.dataset.kind) {
    case "object": return isObject(value);
    case "list": return Array.isArray(value);
    case "number": return typeof value === "number";
    case "choice": return [...control(field).options].some((option) => option.value === JSON.stringify(value));
    default: return typeof value === "string";
  }
}

// Shows a value, or that there is none. What does not fit is kept aside, and so is what a needed field lacks.
function fill(field, value) {
  const box = sent(field);
  const fitting = fits(field, value);
  if (box) box.checked = value !== undefined;
  field.kept = fitting || (value === undefined && box) ? null : { value };
  switch (field.dataset.kind) {
    case "object":
      fillAll(part(field, ".inside"), fitting ? value : {});
      break;
    case "list":
      part(field, ".inside > .rows").replaceChildren();
      for (const element of fitting ? value : []) fill(add(field), element);
      break;
    case "choice":
      control(field).value = fitting ? JSON.stringify(value) : "";
      break;
    default:
      control(field).value = fitting ? String(value) : "";
  }
  show(field);
}

function fillAll(within, object) {
  const names = new Set();
  for (const field of children(within)) {
    names.add(field.dataset.name);
    fill(field, Object.hasOwn(object, field.dataset.name) ? object[field.dataset.name] : undefined);
  }
  within.more = Object.entries(object).filter(([name]) => !names.has(name));
}

// The value that a field shows; undefined if it is not to be sent.
function read(field) {
  if (field.kept) return field.kept.value;
  if (sent(field) && !sent(field).checked) return undefined;
  switch (field.dataset.kind) {
    case "object": return readAll(part(field, ".inside"));
    case "list": return rows(field).map((row) => read(part(row, ".field"))).map((value) => value === undefined ? null : value);
    case "choice": return control(field).value === "" ? undefined : JSON.parse(control(field).value);
    case "number": {
      const written = control(field).value.trim();
      if (written === "") return undefined;
      return /^-?\d+$/.test(written) ? Number(written) : written;
    }
    default: return control(field).value;
  }
}

function readAll(within) {
  const object = {};
  for (const field of children(within)) {
    const value = read(field);
    if (value !== undefined) object[field.dataset.name] = value;
  }
  for (const [name, value] of within.more ?? []) object[name] = value;
  return object;
}

// What belongs to a field that is not sent cannot be changed.
function show(field) {
  const box = sent(field);
  const off = Boolean(box) && !box.checked;
  const inside = part(field, ".inside");
  if (inside) inside.hidden = off;
  else control(field).disabled = off;
  part(field, "[data-odd]").hidden = !(field.kept && field.kept.value !== undefined);
}

let made = 0;

// Ties a field's explanation to what it explains.
function explain(within) {
  for (const hint of within.querySelectorAll(".field > .hint")) {
    made += 1;
    hint.id = "hint-" + made;
    (control(hint.parentElement) ?? hint.parentElement).setAttribute("aria-describedby", hint.id);
  }
}

// A new element at the end of a list.
function add(field) {
  const row = part(field, ".inside > template").content.firstElementChild.cloneNode(true);
  part(field, ".inside > .rows").append(row);
  explain(row);
  number(field);
  return part(row, ".field");
}

function number(field) {
  rows(field).forEach((row, at) => {
    const label = field.dataset.name + " " + (at + 1);
    part(row, ".field").querySelector("[data-label]").textContent = label;
    const remove = part(row, "[data-remove]");
    remove.setAttribute("aria-label", remove.textContent + " " + label);
  });
}

// Something in the form was changed: it counts now, and so does all around it.
function changed(field) {
  for (let around = field; around; around = around.parentElement.closest(".field")) {
    around.kept = null;
    show(around);
  }
  text.value = JSON.stringify(readAll(form), null, 2);
  broken.hidden = true;
}

function take() {
  let value;
  try {
    value = JSON.parse(text.value);
  } catch {
    value = undefined;
  }
  broken.hidden = isObject(value);
  if (isObject(value)) fillAll(form, value);
}

form.addEventListener("input", (event) => changed(event.target.closest(".field")));
form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const field = button.closest(".field");
  if ("add" in button.dataset) {
    const element = add(field);
    fill(element, { object: {}, list: [], text: "" }[element.dataset.kind]);
    element.querySelector("[data-value], [data-add]")?.focus();
    changed(field);
  } else if ("remove" in button.dataset) {
    // The button stands beside the element, so that the field around it is the list.
    const next = button.closest(".row").nextElementSibling ?? button.closest(".row").previousElementSibling;
    button.closest(".row").remove();
    number(field);
    (next ? part(next, "[data-remove]") : part(field, ".inside > [data-add]")).focus();
    changed(field);
  }
});
// Enter in a field of the form sends nothing.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
});
text.addEventListener("input", take);

explain(form);
take();
form.hidden = false;
