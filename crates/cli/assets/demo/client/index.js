/** Conversation groups and marks of a Foldmark server, live. */
export { Client } from "./client.js";
export { FoldmarkError } from "./error.js";
export { Mirror } from "./mirror.js";
export { keyOf } from "./contact.js";
