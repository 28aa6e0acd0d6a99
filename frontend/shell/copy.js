// Copying a value. Browsers give the clipboard to pages by https only.

/** Rejected when the value could not be copied, for whatever reason. */
export async function copy(text, clipboard = globalThis.navigator?.clipboard) {
  if (!clipboard) throw new Error("no clipboard here");
  await clipboard.writeText(text);
}
