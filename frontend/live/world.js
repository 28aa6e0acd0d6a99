// A browser for tests: tabs with locks, channels and event streams between them, and a clock
// that moves when told to.

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets everything that only waits for its turn happen. */
async function settle() {
  for (let n = 0; n < 12; n += 1) await turn();
}

export class World {
  now = 0;
  connected = true;
  /** Nothing said on a channel arrives. */
  deaf = false;
  timers = new Map();
  channels = new Set();
  /** Connections that are open or want to be, oldest first. */
  sources = [];
  /** How many were ever opened. */
  opened = 0;
  queue = [];
  holder = null;
  #next = 1;

  /** The environment of one more tab. */
  tab({ locks = true, channels = true } = {}) {
    const world = this;
    const listeners = new Map();
    const own = new Set();
    const env = {
      id: () => `tab${world.#next++}`,
      random: () => 0.5,
      online: () => world.connected,
      setTimeout(act, ms) {
        const id = world.#next++;
        world.timers.set(id, { at: world.now + ms, act });
        own.add(id);
        return id;
      },
      clearTimeout: (id) => world.timers.delete(id),
      on: (name, act) => listeners.set(name, [...(listeners.get(name) ?? []), act]),
      faults: [],
      report: (fault) => env.faults.push(fault),
      EventSource: class {
        #listeners = new Map();
        closed = false;
        constructor(address) {
          this.address = address;
          world.opened += 1;
          world.sources.push(this);
        }
        addEventListener(name, act) {
          this.#listeners.set(name, act);
        }
        close() {
          this.closed = true;
          world.sources = world.sources.filter((source) => source !== this);
        }
        /** What the server says. */
        say(name, data = {}) {
          this.#listeners.get(name)?.({ data: typeof data === "string" ? data : JSON.stringify(data) });
        }
      },
      Channel: !channels
        ? undefined
        : class {
            constructor(name) {
              this.name = name;
              world.channels.add(this);
            }
            postMessage(data) {
              if (world.deaf) return;
              const copy = structuredClone(data);
              for (const other of world.channels) {
                if (other !== this && other.name === this.name) setImmediate(() => other.onmessage?.({ data: copy }));
              }
            }
            close() {
              this.onmessage = null;
              world.channels.delete(this);
            }
          },
      /** The page hears `pagehide`, `online` and so on. */
      async fire(name) {
        for (const act of listeners.get(name) ?? []) act();
        await settle();
      },
      /** The process of the tab is gone, without a word. */
      async crash() {
        for (const id of own) world.timers.delete(id);
        for (const channel of [...world.channels]) if (channel.env === env) channel.close();
        world.queue = world.queue.filter((waiting) => waiting.env !== env);
        if (world.holder === env) world.#free();
        await settle();
      },
    };
    env.locks = this.#locks(env, locks);
    if (env.Channel) {
      env.Channel = class extends env.Channel {
        env = env;
      };
    }
    return env;
  }

  #locks(env, has) {
    if (has === "forbidden") {
      return { request: () => Promise.reject(new DOMException("no", "SecurityError")) };
    }
    return has ? { request: (_name, { signal }, held) => this.#request(env, signal, held) } : undefined;
  }

  #request(env, signal, held) {
    return new Promise((resolve, reject) => {
      const waiting = { env, held, resolve };
      signal?.addEventListener("abort", () => {
        if (this.queue.includes(waiting)) {
          this.queue = this.queue.filter((other) => other !== waiting);
          reject(new DOMException("aborted", "AbortError"));
        }
      });
      this.queue.push(waiting);
      this.#grant();
    });
  }

  #grant() {
    if (this.holder || this.queue.length === 0) return;
    const { env, held, resolve } = this.queue.shift();
    this.holder = env;
    setImmediate(async () => {
      const result = await held();
      if (this.holder === env) this.#free();
      resolve(result);
    });
  }

  #free() {
    this.holder = null;
    this.#grant();
  }

  /** Time passes. */
  async pass(ms) {
    const end = this.now + ms;
    await settle();
    for (;;) {
      const due = [...this.timers].filter(([, timer]) => timer.at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at);
      due[1].act();
      await settle();
    }
    this.now = end;
  }
}
