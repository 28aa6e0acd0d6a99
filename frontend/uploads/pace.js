// How much is sent at once, how fast it goes, and how long to wait after a failure: arithmetic
// only, so that it can be tested alone.

const KIB = 1024;
const MIB = 1024 * KIB;

/** What one request carries, at least and at most. */
export const LEAST = 256 * KIB;
export const MOST = 64 * MIB;
/** Nothing is known yet. */
const FIRST = 1 * MIB;
/** A request takes about so long: what breaks off costs no more than that. */
const SECONDS = 2;
/** It grows no faster: one lucky moment is no measurement. */
const GROWTH = 4;
const STEP = 64 * KIB;

/** The size of the next request, from how long the ones before took. */
export class Pace {
  #rate = 0;
  #chunk = FIRST;

  get chunk() {
    return this.#chunk;
  }

  /** A whole request went through. The last one of a file is often too short to tell. */
  passed(bytes, ms) {
    if (bytes < LEAST) return;
    const rate = bytes / (Math.max(ms, 1) / 1000);
    this.#rate = this.#rate === 0 ? rate : this.#rate * 0.4 + rate * 0.6;
    this.#chunk = fit(Math.min(this.#rate * SECONDS, this.#chunk * GROWTH));
  }

  /** One broke off: smaller ones get through a bad line better. */
  stumbled() {
    this.#rate /= 2;
    this.#chunk = fit(this.#chunk / 2);
  }
}

function fit(bytes) {
  return Math.round(Math.min(Math.max(bytes, LEAST), MOST) / STEP) * STEP;
}

/** How fast something grows, over the last seconds. */
export class Speed {
  #window;
  #marks = [];

  constructor(window = 8000) {
    this.#window = window;
  }

  /** So much there is now. Less than before: it began anew. */
  mark(bytes, now) {
    const last = this.#marks.at(-1);
    if (last && bytes < last.bytes) this.#marks = [];
    this.#marks.push({ bytes, now });
    while (this.#marks.length > 2 && this.#marks[1].now <= now - this.#window) this.#marks.shift();
  }

  forget() {
    this.#marks = [];
  }

  /** Bytes a second; 0 while nobody can say. */
  at(now) {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    if (!first || now - first.now < 500) return 0;
    return ((last.bytes - first.bytes) / (now - first.now)) * 1000;
  }
}

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 30_000;

/** How long to wait after so many failures in a row, in ms: longer each time, never for good. */
export function pause(failures, random = Math.random) {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, failures - 1));
  // Half of it by chance: after a restart not everybody comes at once.
  return longest * (0.5 + random() / 2);
}
