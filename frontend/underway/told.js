// What events tell about one's uploads: how many move, how many wait for their file.

/** Between two requests an upload is silent for a moment. */
const SILENCE = 8000;
/** How long an answer of the server is good. */
const GOOD_FOR = 60_000;
const KEY = "kadr-underway";

export class Told {
  #uploads = new Map();

  /** Answers the name of one that has just arrived. */
  hear(event, now) {
    if (event.type === "snapshot") {
      const before = this.#uploads;
      this.#uploads = new Map();
      for (const upload of event.uploads ?? []) if (upload.video) this.#keep(upload, now, before.get(upload.flow));
      return undefined;
    }
    if (event.type !== "upload" || !event.video) return undefined;
    const known = this.#uploads.get(event.flow);
    if (event.status === "uploading") {
      this.#keep(event, now, known);
      return undefined;
    }
    this.#uploads.delete(event.flow);
    return known && event.status === "uploaded" ? event.name : undefined;
  }

  #keep({ flow, offset, length, receiving, name }, now, known) {
    const moved = receiving || (known !== undefined && offset > known.offset);
    this.#uploads.set(flow, { offset, length, name, movedAt: moved ? now : (known?.movedAt ?? -Infinity) });
  }

  /** How it stands; `share` of what moves is there, if its length is known. */
  at(now) {
    const all = [...this.#uploads.values()];
    const moving = all.filter(({ movedAt }) => now - movedAt < SILENCE);
    const total = moving.reduce((sum, { length }) => sum + (length ?? 0), 0);
    const there = moving.reduce((sum, { offset, length }) => sum + (length === undefined ? 0 : offset), 0);
    return { moving: moving.length, waiting: all.length - moving.length, share: total > 0 ? Math.min(1, there / total) : undefined };
  }
}

/** How many there were when somebody looked, in this tab, not long ago. */
export function recall(now) {
  try {
    const { count, at } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    return now - at < GOOD_FOR && now >= at ? count : undefined;
  } catch {
    return undefined;
  }
}

export function keep(count, now) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ count, at: now }));
  } catch {
    // Then the server is asked again.
  }
}
