/** A conversation, as the calls name it: with a user, or with a chat group. */
export type Contact =
  | { Type: 1; To_Account: string }
  | { Type: 2; ToGroupId: string };

/** One text for each conversation, for maps and lists. */
export function keyOf(contact: { Type: number; To_Account?: string | undefined; ToGroupId?: string | undefined }): string {
  return contact.Type === 2 ? `g:${contact.ToGroupId}` : `u:${contact.To_Account}`;
}
