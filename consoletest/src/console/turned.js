// The texts with characters of direction that share a line with others, and how many there are at all.
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = { seen: 0, loose: [] };
while (walker.nextNode()) {
  const text = walker.currentNode.data;
  let line = walker.currentNode.parentElement;
  if (!/[\u202A-\u202E\u2066-\u2069]/.test(text) || line.tagName === "OPTION") continue;
  found.seen += 1;
  while (getComputedStyle(line).display === "inline") line = line.parentElement;
  if (line.textContent.trim() !== text.trim()) found.loose.push(line.outerHTML.slice(0, 160));
}
return found;
