// One connection to /events that comes back by itself, but never in a hurry.
//
// The browser's own reconnecting is not used: it has no back-off, gives up on an HTTP error,
// and does not notice a connection that died without a word.

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
/** The server asked us to make room: somebody else needs it more. */
const AFTER_BYE = 60_000;
/** The server gives a sign of life every 15 s. */
const SILENCE = 40_000;

export class Stream {
  #env;
  #hear;
  #address = null;
  #source = null;
  #timer = null;
  #failures = 0;
  /** Told to stay away: being visible again is no reason to come back sooner. */
  #excused = false;

  /**
   * @param {object} env the browser, or a test's idea of it
   * @param {(kind: "snapshot" | "event", data: object) => void} hear
   */
  constructor(env, hear) {
    this.#env = env;
    this.#hear = hear;
  }

  /** Where it is, or wants to be, connected; `null` when it rests. */
  get address() {
    return this.#address;
  }

  /** Connects to another address, or anew to the same one for a fresh snapshot. */
  open(address) {
    this.#address = address;
    if (this.#excused) return;
    this.#failures = 0;
    this.#connect();
  }

  close() {
    this.#address = null;
    this.#excused = false;
    this.#failures = 0;
    this.#hangUp();
  }

  /** The network is back, or somebody looks again: no reason to wait any longer. */
  wake() {
    if (this.#address !== null && this.#source === null && !this.#excused) {
      this.#failures = 0;
      this.#connect();
    }
  }

  /** The network is gone: trying would only drain the battery. */
  sleep() {
    this.#hangUp();
  }

  #hangUp() {
    this.#env.clearTimeout(this.#timer);
    this.#timer = null;
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#hangUp();
    if (!this.#env.online()) return;
    const source = new this.#env.EventSource(this.#address);
    this.#source = source;
    // What a connection says after it was replaced is not ours to hear.
    const on = (name, act) =>
      source.addEventListener(name, (event) => {
        if (this.#source === source) act(event);
      });
    const alive = () => {
      this.#failures = 0;
      this.#after(SILENCE, () => this.#lost());
    };
    const pass = (kind) => (event) => {
      alive();
      let data;
      try {
        data = JSON.parse(event.data);
      } catch {
        return;
      }
      this.#hear(kind, data);
    };
    this.#after(SILENCE, () => this.#lost());
    on("snapshot", pass("snapshot"));
    on("message", pass("event"));
    on("beat", alive);
    on("bye", () => {
      this.#hangUp();
      this.#excused = true;
      this.#after(AFTER_BYE * (1 + this.#env.random()), () => {
        this.#excused = false;
        this.#connect();
      });
    });
    on("error", () => this.#lost());
  }

  #lost() {
    this.#hangUp();
    if (!this.#env.online()) return;
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    // Half of it by chance: after a restart not everybody comes at once.
    this.#after(longest * (0.5 + this.#env.random() / 2), () => this.#connect());
  }

  #after(ms, act) {
    this.#env.clearTimeout(this.#timer);
    this.#timer = this.#env.setTimeout(act, ms);
  }
}
