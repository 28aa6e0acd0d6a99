// Who leads where there are no Web Locks: browsers have them by https only, and at home many
// houses are reached by plain http.
//
// The tabs settle it over a BroadcastChannel. Who wants to lead asks; the leader answers at
// once, and where nobody does, who asked leads. Of several that ask, the lowest id wins. Who
// does not lead asks again every few seconds, since a tab that crashed or was frozen does not
// say so. Nobody has to send a heartbeat: timers of hidden tabs are slowed down to one a
// minute, answers to messages are not.
//
// Two may lead for a moment, when one was too busy to answer; then the lower id stays. It costs
// a second connection for that moment, and every tab hears from both.

const NAME = "kadr-live-election";
/** A leader that has not answered by then is gone, or busy, which is settled later. */
const ANSWER = 300;
/** How often the others look whether there still is one. */
const CHECK = 3000;

export class Election {
  #env;
  #id;
  #channel = null;
  /** "waits" for the next look, "asks" or "leads". */
  #state = "waits";
  #timer = null;
  #held = null;
  #lost = null;

  /** @param {string} id orders the tabs */
  constructor(env, id) {
    this.#env = env;
    this.#id = id;
  }

  /**
   * As `navigator.locks.request`, except that what is held can be lost again: then `lost` is
   * called, and `held` when it is won back. It ends with the signal only.
   */
  request(_name, { signal, lost }, held) {
    return new Promise((_, reject) => {
      const end = () => {
        this.#end();
        reject(signal.reason);
      };
      if (signal.aborted) {
        end();
        return;
      }
      signal.addEventListener("abort", end, { once: true });
      this.#held = held;
      this.#lost = lost;
      this.#channel = new this.#env.Channel(NAME);
      this.#channel.onmessage = ({ data }) => this.#receive(data);
      this.#ask();
    });
  }

  #end() {
    this.#env.clearTimeout(this.#timer);
    if (this.#state === "leads") this.#post("free");
    this.#state = "waits";
    this.#channel?.close();
    this.#channel = null;
  }

  #post(kind) {
    this.#channel?.postMessage({ kind, from: this.#id });
  }

  #after(ms, act) {
    this.#env.clearTimeout(this.#timer);
    this.#timer = this.#env.setTimeout(act, ms);
  }

  #ask() {
    this.#state = "asks";
    this.#after(ANSWER, () => this.#win());
    this.#post("ask");
  }

  #wait(ms) {
    this.#state = "waits";
    this.#after(ms, () => this.#ask());
  }

  #win() {
    this.#state = "leads";
    this.#post("leads");
    this.#held();
  }

  #receive(message) {
    const { kind, from } = message ?? {};
    const first = this.#id < from;
    if (kind === "ask") {
      if (this.#state === "leads") this.#post("leads");
      else if (this.#state === "asks" && first) this.#post("ask");
      else if (this.#state === "asks") this.#wait(2 * ANSWER);
    } else if (kind === "leads") {
      if (this.#state === "leads" && first) {
        this.#post("leads");
        return;
      }
      const led = this.#state === "leads";
      // Not all at the same moment.
      this.#wait(CHECK * (1 + this.#env.random() / 2));
      if (led) this.#lost();
    } else if (kind === "free" && this.#state === "waits") {
      this.#ask();
    }
  }
}
