// The world as a sender sees it: the protocol, what the house knows of files, and the clock.
import { call } from "./calls.js";
import { readable } from "./files.js";
import { isSame } from "./fingerprint.js";
import { Hashing } from "./hashing.js";
import { rest } from "./rest.js";
import { Tus } from "./tus.js";
import { wire } from "./wire.js";

/** Sizes that are asked about at once. */
const SIZES = 100;

export class World {
  #whole;
  #sizes = new Map();
  #isTaken;

  /**
   * @param {string} address where uploads begin
   * @param {string} hasher the address of the worker that hashes
   * @param {() => boolean} isListed the list of what could go on has come
   * @param {(flow: string) => boolean} isTaken a card has it already
   */
  constructor(address, hasher, isListed, isTaken) {
    this.tus = new Tus(wire, address);
    this.isListed = isListed;
    // A worker of its own: a film that is hashed as a whole holds up no other's beginning.
    this.#whole = new Hashing(hasher);
    this.#isTaken = isTaken;
  }

  readable = readable;
  rest = rest;
  now = () => performance.now();
  random = Math.random;
  online = () => navigator.onLine !== false;
  report = (fault) => (globalThis.reportError ?? console.error)(fault);

  /** Hashing a large file takes its time: only where its owner has one of that size. */
  ask(sizes) {
    // Asked each time: what has arrived since is known now.
    const asking = [...new Set(sizes)];
    for (let at = 0; at < asking.length; at += SIZES) {
      const some = asking.slice(at, at + SIZES);
      // Not knowing costs sending, and nothing else.
      const asked = call("sizes", { sizes: some.join(",") }).catch(() => []);
      for (const size of some) this.#sizes.set(size, asked.then((owned) => owned.includes(size)));
    }
  }

  /** Whether the sender of a file has its bytes here already. */
  async look(file, signal, onShare) {
    try {
      if (!(await this.#sizes.get(file.size))) return {};
      signal.throwIfAborted();
      const hash = await this.#whole.hash(file, undefined, { signal, onShare });
      const known = await call("known", { hash }, { signal });
      return { hash, known };
    } catch {
      signal.throwIfAborted();
      // Not knowing costs sending, and nothing else.
      return {};
    }
  }

  /** An upload of this file that began although nobody here knows. */
  async find(print, signal) {
    if (!print) return undefined;
    const { uploads } = await call("unfinished", {}, { signal });
    const found = uploads.find(({ fingerprint, flow }) => (fingerprint === print || isSame(print, fingerprint)) && !this.#isTaken(flow));
    return found && { flow: found.flow, video: found.video, offset: found.offset, others: found.receiving };
  }
}
