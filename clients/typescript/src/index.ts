/** Conversation groups and marks of a Foldmark server, live. */
export { Client } from "./client.js";
export type { CallOptions, ClientOptions, Reply, RequestBody } from "./client.js";
export { FoldmarkError } from "./error.js";
export { Mirror } from "./mirror.js";
export type { Conversation, Group, MirrorState } from "./mirror.js";
export { keyOf } from "./contact.js";
export type { Contact } from "./contact.js";
export type { Changes, WatchOptions } from "./watch.js";
export type { paths, components } from "./schema.js";
