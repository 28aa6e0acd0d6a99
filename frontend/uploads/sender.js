// One file on its way: a small machine that goes on by itself, whatever breaks.
//
//   queued ─► looking ─► sending ◄─► resting ─► done
//                │           └─► paused, failed (a button goes on from there)
//                └─► twice: the server has these bytes already, and a person decides
//
// Somebody else may send the same upload, in another tab or on another device. Then it is
// theirs: this one watches, and goes on when they have fallen silent.
//
// All that is not arithmetic (the protocol, hashing, the clock) comes in from outside, so that
// tests can be the world around it.
import { Pace, Speed, pause } from "./pace.js";
import { Fault } from "./tus.js";

/** How long to wait until somebody else lets go of an upload that is to be removed. */
const LET_GO = 1000;
const LET_GO_TIMES = 15;
/** Who sends is heard of within so long, when asked for. */
const WATCH = 4000;

/**
 * Removes an upload, once whoever sends to it has let go of it. Answers false when every byte
 * was there a moment ago: it is a video now.
 */
export async function letGo(world, flow) {
  for (let times = 1; ; times += 1) {
    try {
      await world.tus.remove(flow);
      return true;
    } catch (fault) {
      if (fault.code === "upload_finished") return false;
      if (!fault.passes || times >= LET_GO_TIMES) throw fault;
      await world.rest(Math.max(fault.after ?? 0, LET_GO));
    }
  }
}

export class Sender {
  #world;
  #changed;
  #stop = null;
  #pace = new Pace();
  #speed = new Speed();
  #failures = 0;
  /** How far it is, only the server can tell. */
  #unsure;
  /** A beginning was asked for, and the answer is lost: it may have begun. */
  #mayHaveBegun = false;
  /** Somebody else sends this upload too. */
  #others;
  /** Requests in a row that somebody else was in the way of. */
  #disputes = 0;
  /** As far as we have sent: what is beyond has come from somebody else. */
  #reach;
  /** Nobody looks a second time: the bytes are known to be new, or wanted twice. */
  #looked;
  #claim = undefined;

  /** @type {"queued" | "looking" | "twice" | "sending" | "resting" | "paused" | "failed" | "done" | "removed"} */
  state = "queued";
  /** Why it rests or has failed: a stable code. */
  code = null;
  /** When it tries again, as the clock of the world has it. */
  until = null;
  /** The video that has these bytes already. */
  known = null;
  /** How much of the file was hashed, 0 to 1. */
  looked = 0;
  /**
   * Bytes that the server has said are there for good. What events tell about a running request
   * is not: it has arrived, but is not safe yet.
   */
  acknowledged = 0;
  /** Bytes of the running request. */
  onTheWay = 0;

  /**
   * @param {object} world see `world.js`
   * @param {object} what `file`, `metadata` (a function: what is said about it at the moment),
   *   for one that goes on `flow`, `video`, `offset`, and `others` when somebody was heard to
   *   send it a moment ago
   * @param {(sender: Sender) => void} changed
   */
  constructor(world, { file, metadata, flow = null, video = null, offset = 0, others = false }, changed) {
    this.#world = world;
    this.#changed = changed;
    this.file = file;
    this.metadata = metadata;
    this.flow = flow;
    this.video = video;
    this.acknowledged = offset;
    this.#unsure = flow !== null;
    this.#looked = flow !== null;
    this.#others = others;
    this.#reach = offset;
  }

  get size() {
    return this.file.size;
  }

  /** Whether it keeps a line busy. */
  get isRunning() {
    return ["looking", "sending", "resting"].includes(this.state);
  }

  /** Whether it goes on, now or by itself. */
  get isUnderWay() {
    return this.isRunning || this.state === "queued" || this.state === "twice";
  }

  /** Whether it only watches somebody else send it. */
  get isWatching() {
    return this.state === "resting" && this.code === "elsewhere";
  }

  get speed() {
    return this.state === "sending" ? this.#speed.at(this.#world.now()) : 0;
  }

  /** Its turn has come. */
  async go() {
    if (this.state !== "queued") return;
    const stop = new AbortController();
    this.#stop = stop;
    // At once, so that nobody takes it for one that still waits for its turn.
    if (this.#looked) this.#become("sending");
    try {
      if (!(await this.#look(stop.signal))) return;
      if (this.state !== "sending") this.#become("sending");
      while (!this.flow || this.#unsure || this.acknowledged < this.size) {
        try {
          await this.#step(stop.signal);
        } catch (fault) {
          await this.#meet(fault, stop.signal);
        }
      }
      this.onTheWay = 0;
      this.#become("done");
    } catch (fault) {
      if (stop.signal.aborted) return;
      this.onTheWay = 0;
      this.#become("failed", fault instanceof Fault ? fault.code : "failed");
      if (!(fault instanceof Fault)) this.#world.report?.(fault);
    }
  }

  pause() {
    if (!this.isRunning && this.state !== "queued") return;
    this.#halt();
    this.#become("paused");
  }

  /** Goes on after a pause or a failure; `file` when it was chosen anew. */
  resume(file = this.file) {
    if (!["paused", "failed"].includes(this.state)) return;
    this.file = file;
    if (["upload_gone", "upload_unknown", "upload_false_claim"].includes(this.code)) {
      // What was there is no more; a person has seen that and says: again.
      this.flow = null;
      this.video = null;
      this.acknowledged = 0;
      this.#reach = 0;
      this.#unsure = false;
      this.#others = false;
      this.#claim = undefined;
      this.#looked = true;
    }
    this.#failures = 0;
    this.#become("queued");
  }

  /** The same bytes once more, as a video of its own. */
  keepBoth() {
    if (this.state !== "twice") return;
    this.#looked = true;
    this.#become("queued");
  }

  /** Gives it up, here and on the server. Answers false when it is a video already. */
  async remove() {
    const mayHaveBegun = this.#mayHaveBegun;
    const isDone = this.state === "done";
    this.#halt();
    this.#become("removed");
    if (isDone) return false;
    if (!this.flow && mayHaveBegun) {
      // Broken off while it began: the server may have it all the same.
      const found = await this.#world.find(this.metadata().fingerprint);
      this.flow = found?.flow ?? null;
      this.video = found?.video ?? null;
    }
    return this.flow ? letGo(this.#world, this.flow) : true;
  }

  #halt() {
    this.#stop?.abort(new DOMException("given up", "AbortError"));
    this.#stop = null;
    this.#unsure = this.flow !== null;
    this.onTheWay = 0;
    this.#speed.forget();
  }

  #become(state, code = null) {
    this.state = state;
    this.code = code;
    this.until = null;
    this.#changed(this);
  }

  /** Whether it is to be sent: not when its owner has these bytes already, and has to decide. */
  async #look(signal) {
    if (this.#looked) return true;
    this.looked = 0;
    this.#become("looking");
    const { hash, known } = await this.#world.look(this.file, signal, (share) => {
      this.looked = share;
      this.#changed(this);
    });
    signal.throwIfAborted();
    this.#claim = hash;
    if (known) {
      this.known = known;
      this.#become("twice");
      return false;
    }
    // Bytes that are nobody's yet are sent without a claim: it would only be checked again.
    this.#claim = undefined;
    this.#looked = true;
    return true;
  }

  async #step(signal) {
    if (!this.flow) await this.#begin(signal);
    else if (this.#unsure) await this.#ask(signal);
    else if (this.#others) await this.#watch(signal);
    else await this.#send(signal);
  }

  async #begin(signal) {
    // Perhaps on another day: that is only known when the list has come.
    if (this.#mayHaveBegun || this.#world.isListed?.() === false) {
      const found = await this.#world.find(this.metadata().fingerprint, signal);
      if (found) {
        this.#mayHaveBegun = false;
        this.#takeUp(found);
        return;
      }
    }
    this.#mayHaveBegun = true;
    let begun;
    try {
      begun = await this.#world.tus.create(this.size, { ...this.metadata(), blake3: this.#claim }, signal);
    } catch (fault) {
      // Who answers at all says that it did not begin.
      if (fault instanceof Fault && fault.status !== 0 && fault.status < 500) this.#mayHaveBegun = false;
      throw fault;
    }
    this.#mayHaveBegun = false;
    this.#takeUp(begun);
    this.#failures = 0;
  }

  #takeUp({ flow, video, offset, others = false }) {
    this.flow = flow;
    this.video = video;
    this.acknowledged = offset;
    this.#reach = offset;
    this.#others = others;
    this.#unsure = false;
    this.#changed(this);
  }

  async #ask(signal) {
    const offset = await this.#world.tus.offset(this.flow, signal);
    // It stands where its bytes are durable: further than it was, or just as far.
    this.acknowledged = Math.min(offset, this.size);
    this.onTheWay = 0;
    this.#unsure = false;
    if (this.#disputes > 0 && offset > this.#reach) this.#others = true;
    this.#reach = Math.max(this.#reach, offset);
    this.#changed(this);
  }

  /** Lets somebody else send until they fall silent. */
  async #watch(signal) {
    // By chance a little longer: two that watch each other do not begin at once.
    const ms = WATCH * (1 + this.#world.random() / 2);
    const before = this.acknowledged;
    this.#speed.forget();
    if (!this.isWatching) this.#become("resting", "elsewhere");
    await this.#world.rest(ms, signal);
    signal.throwIfAborted();
    await this.#ask(signal);
    if (this.acknowledged > before && this.acknowledged < this.size) return;
    this.#others = false;
    this.#disputes = 0;
    this.#become("sending");
  }

  async #send(signal) {
    const from = this.acknowledged;
    const body = this.file.slice(from, Math.min(from + this.#pace.chunk, this.size));
    const begun = this.#world.now();
    const offset = await this.#world.tus.send(this.flow, from, body, {
      signal,
      onProgress: (bytes) => {
        this.onTheWay = bytes;
        this.#reach = Math.max(this.#reach, from + bytes);
        this.#speed.mark(this.acknowledged + this.onTheWay, this.#world.now());
        this.#changed(this);
      },
    });
    const now = this.#world.now();
    this.#pace.passed(offset - from, now - begun);
    this.onTheWay = 0;
    this.acknowledged = offset;
    this.#reach = Math.max(this.#reach, offset);
    this.#disputes = 0;
    if (offset > from) this.#failures = 0;
    this.#speed.mark(offset, now);
    this.#changed(this);
  }

  /** A step did not go well: waits until trying again makes sense, or throws. */
  async #meet(fault, signal) {
    signal.throwIfAborted();
    this.onTheWay = 0;
    if (!(fault instanceof Fault)) throw fault;
    const wasSending = this.flow !== null && !this.#unsure;
    this.#unsure = this.flow !== null;
    this.#failures += 1;
    if (fault.status === 409 || fault.status === 423) this.#disputes += 1;
    if (fault.code === "upload_finished") {
      // Our last request did it, and its answer was lost. Asking tells.
      if (this.#failures < 3) return;
      throw fault;
    }
    if (fault.status === 409 && this.#failures < 3) return;
    if (!fault.passes) throw fault;
    if (fault.status === 0) {
      if (wasSending) this.#pace.stumbled();
      // A file that is no longer there breaks a request off just like the network.
      if (!(await this.#world.readable(this.file, Math.min(this.acknowledged, Math.max(0, this.size - 1))))) {
        throw new Fault("file_unreadable");
      }
      signal.throwIfAborted();
    }
    const ms = Math.max(fault.after, fault.status === 423 ? 500 : pause(this.#failures, this.#world.random));
    this.#speed.forget();
    this.#become("resting", !this.#world.online() ? "offline" : fault.status === 0 ? "unreachable" : fault.code);
    this.until = this.#world.now() + ms;
    this.#changed(this);
    await this.#world.rest(ms, signal);
    signal.throwIfAborted();
    this.#become("sending");
  }
}
