/** One text for each conversation, for maps and lists. */
export function keyOf(contact) {
    return contact.Type === 2 ? `g:${contact.ToGroupId}` : `u:${contact.To_Account}`;
}
