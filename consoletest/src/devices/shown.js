// What a device shows: its folders with the numbers of their conversations, and each conversation's marks and folders.
const text = (element) => element?.textContent.trim();
const isOn = (element) => element.getAttribute("aria-pressed") === "true";
const people = {};
for (const item of document.querySelectorAll("#conversations li")) {
  const [star, unread] = [...item.querySelectorAll(".mark")].map(isOn);
  const folders = [...item.querySelectorAll(".tag")].filter(isOn).map(text);
  people[text(item.querySelector(".person"))] = { star, unread, folders };
}
return { folders: [...document.querySelectorAll("#folders .choose")].map(text), people };
