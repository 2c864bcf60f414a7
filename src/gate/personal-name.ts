// What is kept about a password belongs to an account, not to the name alone, which another account may have later.

/** A name and whose it is (`SnapshotEntry.person`, '' where that is not known), as one text: no name has a control character. */
export function personalName(account: string, person: string): string {
  return person === '' ? account : `${account}\0${person}`;
}
