// What this browser has seen waiting for its file, and until when. The server lets go of an
// upload a day after its last byte; who comes back later is told so, instead of finding nothing.

const KEY = "kadr-uploads-waiting";
/** Whoever has not come back by then does not wonder any more. */
const FORGOTTEN = 7 * 24 * 3600 * 1000;

export class Kept {
  #storage;
  #key;

  /** @param {Storage | undefined} storage @param {string} who is logged in */
  constructor(storage, who) {
    this.#storage = storage;
    this.#key = `${KEY}:${who}`;
  }

  /**
   * Remembers what waits, and answers which ones of before ran out: `{ flow, video, name }`.
   * Those may have arrived all the same, from elsewhere.
   */
  compare(uploads, now) {
    const flows = new Set(uploads.map(({ flow }) => flow));
    const over = this.#read().filter(({ flow, expires }) => !flows.has(flow) && expires <= now && now - expires < FORGOTTEN);
    this.#write(uploads.map(({ flow, video, name, expires_at }) => ({ flow, video, name, expires: expires_at })));
    return over;
  }

  /** It was given up here: nobody has to be told. */
  forget(gone) {
    this.#write(this.#read().filter(({ flow }) => flow !== gone));
  }

  #read() {
    try {
      const kept = JSON.parse(this.#storage.getItem(this.#key) ?? "[]");
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  #write(kept) {
    try {
      if (kept.length > 0) this.#storage.setItem(this.#key, JSON.stringify(kept));
      else this.#storage.removeItem(this.#key);
    } catch {
      // Then nobody is told.
    }
  }
}
