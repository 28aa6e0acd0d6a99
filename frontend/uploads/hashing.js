// The page's side of the worker that hashes. It is started when first asked, and once.

export class Hashing {
  #address;
  #worker = null;
  #last = 0;
  #waiting = new Map();

  /** @param {string} address of the worker's script */
  constructor(address) {
    this.#address = address;
  }

  /** The BLAKE3 of a blob, or of stretches of it; throws when it cannot be read. */
  hash(file, parts = undefined, { signal, onShare } = {}) {
    return new Promise((done, fail) => {
      signal?.throwIfAborted();
      const id = (this.#last += 1);
      const end = (act) => {
        this.#waiting.delete(id);
        signal?.removeEventListener("abort", giveUp);
        act();
      };
      const giveUp = () => {
        this.#worker?.postMessage({ id, act: "stop" });
        end(() => fail(signal.reason));
      };
      signal?.addEventListener("abort", giveUp);
      this.#waiting.set(id, {
        share: (share) => onShare?.(share),
        done: (hash) => end(() => done(hash)),
        fail: (fault) => end(() => fail(fault)),
      });
      this.#start().postMessage({ id, act: parts ? "parts" : "whole", file, parts });
    });
  }

  #start() {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#address, { type: "module" });
    worker.onmessage = ({ data }) => {
      const asked = this.#waiting.get(data.id);
      if (!asked) return;
      if ("share" in data) asked.share(data.share);
      else if ("hash" in data) asked.done(data.hash);
      else asked.fail(new Error(data.fault));
    };
    worker.onerror = () => {
      // It could not be loaded, or is out of memory: who waits goes on without it.
      this.#worker = null;
      for (const asked of [...this.#waiting.values()]) asked.fail(new Error("the worker ended"));
    };
    this.#worker = worker;
    return worker;
  }
}
