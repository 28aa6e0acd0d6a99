// One connection for all tabs of a browser.
//
// A tab that wants to hear something queues for a Web Lock; who holds it leads: it learns from
// the others what they want, holds the connection for all of it and passes on what it hears
// over a BroadcastChannel. When it closes, or wants nothing more, the lock goes to the next in
// the queue, which asks around and goes on. Where a browser has no locks, as by plain http, or
// forbids them, the tabs elect one of them over a channel; without channels every tab is its
// own leader.

import { Election } from "./election.js";
import { Stream } from "./stream.js";
import { addresses, concerns, covers, isEmpty, partOf, topics, union } from "./topics.js";

const NAME = "kadr-live";
/** Asks within this time become one connection. */
const GATHER = 60;
/** How often a leader asks who is still there: a crashed tab does not say good-bye. */
const ROLL_CALL = 60_000;
/** More would take too many of the streams a visitor may have. */
const MOST_STREAMS = 3;

export class Tabs {
  #env;
  #id;
  #followers = new Set();
  #channel = null;
  /** Aborts our place in the queue. */
  #queueing = null;
  /** Gives the lock back; set while we lead. */
  #release = null;
  #joined = false;
  #hidden = false;
  #asking = null;
  #asksAnew = false;
  // Of the leader:
  /** What the other tabs want, by tab. */
  #others = new Map();
  /** Tabs that have answered since the last roll call. */
  #present = new Set();
  #streams = [];
  #covered = topics();
  #gathering = null;
  #stale = false;
  #rollCall = null;

  constructor(env) {
    this.#env = env;
    this.#id = env.id();
    env.on("pagehide", () => this.#away());
    env.on("pageshow", () => this.#back());
    env.on("online", () => this.#wake());
    env.on("offline", () => this.#streams.forEach((stream) => stream.sleep()));
    env.on("visible", () => this.#wake());
  }

  get leads() {
    return this.#release !== null;
  }

  /**
   * Hears about these topics, from a snapshot of now on, until the answered function is called.
   * @param {import("./topics.js").Asked} asked
   * @param {(event: object) => void} hear
   */
  follow(asked, hear) {
    const follower = { asked: topics(asked), hear };
    if (isEmpty(follower.asked)) return () => {};
    this.#followers.add(follower);
    this.#asksAnew = true;
    this.#askSoon();
    return () => {
      if (this.#followers.delete(follower)) this.#askSoon();
    };
  }

  #wanted() {
    return union([...this.#followers].map((follower) => follower.asked));
  }

  /** All of what changes within one turn of the page is one ask. */
  #askSoon() {
    this.#asking ??= this.#env.setTimeout(() => {
      this.#asking = null;
      this.#ask();
    }, 0);
  }

  #ask() {
    if (this.#hidden) return;
    const anew = this.#asksAnew;
    this.#asksAnew = false;
    if (this.#followers.size === 0) {
      this.#leave();
    } else if (!this.#joined) {
      this.#join();
    } else {
      this.#say(anew);
    }
  }

  /** Tells the leader, who may be ourselves, what this tab wants. */
  #say(anew) {
    if (this.leads) {
      this.#gather(anew);
    } else {
      const { videos, jobs, mine } = this.#wanted();
      this.#post({ kind: "ask", from: this.#id, videos: [...videos], jobs: [...jobs], mine, anew });
    }
  }

  #join() {
    this.#joined = true;
    if (!this.#env.Channel) {
      this.#lead(() => {});
      return;
    }
    this.#channel = new this.#env.Channel(NAME);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    this.#queueing = new AbortController();
    const { signal } = this.#queueing;
    this.#say(true);
    const held = () => {
      if (signal.aborted) return undefined;
      return new Promise((release) => this.#lead(release));
    };
    const elect = () => new Election(this.#env, this.#id).request(NAME, { signal, lost: () => this.#abdicate() }, held);
    Promise.resolve()
      .then(() => (this.#env.locks ? this.#env.locks.request(NAME, { signal }, held) : elect()))
      .catch(() => {
        // We left the queue ourselves, or this browser forbids locks here.
        if (!signal.aborted) return elect();
      })
      .catch(() => {
        // We left, or channels are forbidden too: then every tab leads itself and must not
        // hear from the others, who do the same.
        if (signal.aborted) return;
        this.#channel?.close();
        this.#channel = null;
        this.#lead(() => {});
      });
  }

  /** Another tab leads as well, and comes first. */
  #abdicate() {
    this.#stopLeading();
    this.#say(true);
  }

  #leave() {
    if (!this.#joined) return;
    this.#joined = false;
    const release = this.#stopLeading();
    this.#post({ kind: "gone", from: this.#id });
    this.#queueing?.abort();
    this.#queueing = null;
    release?.();
    this.#channel?.close();
    this.#channel = null;
  }

  /** Lets go of everything a leader has; what gives the lock back is the caller's to call. */
  #stopLeading() {
    this.#env.clearTimeout(this.#rollCall);
    this.#env.clearTimeout(this.#gathering);
    this.#gathering = null;
    for (const stream of this.#streams) stream.close();
    this.#streams = [];
    this.#covered = topics();
    this.#others.clear();
    const release = this.#release;
    this.#release = null;
    return release;
  }

  /** The page goes away, perhaps into the cache for going back, where nothing may be open. */
  #away() {
    this.#hidden = true;
    this.#leave();
  }

  #back() {
    if (!this.#hidden) return;
    this.#hidden = false;
    this.#asksAnew = true;
    this.#askSoon();
  }

  #wake() {
    for (const stream of this.#streams) stream.wake();
    // A tab that slept through a roll call is there again.
    if (this.#joined && !this.leads) this.#say(false);
  }

  #post(message) {
    this.#channel?.postMessage(message);
  }

  #receive(message) {
    switch (message?.kind) {
      case "heard":
        this.#tell(message.what, message.data);
        break;
      case "who":
        if (this.#joined && !this.leads) this.#say(false);
        break;
      case "ask":
        if (this.leads) {
          this.#others.set(message.from, topics(message));
          this.#present.add(message.from);
          this.#gather(message.anew);
        }
        break;
      case "gone":
        if (this.leads && this.#others.delete(message.from)) this.#gather(false);
        break;
      default:
        // A tab with a newer version of this script.
        break;
    }
  }

  #lead(release) {
    this.#release = release;
    this.#callRoll();
    this.#gather(true);
  }

  #callRoll() {
    this.#present.clear();
    this.#post({ kind: "who" });
    this.#rollCall = this.#env.setTimeout(() => {
      for (const tab of this.#others.keys()) {
        if (!this.#present.has(tab)) this.#others.delete(tab);
      }
      this.#gather(false);
      this.#callRoll();
    }, ROLL_CALL);
  }

  /** @param {boolean} anew somebody needs a snapshot, even if nothing new is asked for */
  #gather(anew) {
    this.#stale ||= anew;
    this.#gathering ??= this.#env.setTimeout(() => {
      this.#gathering = null;
      this.#connect();
    }, GATHER);
  }

  #connect() {
    const all = union([this.#wanted(), ...this.#others.values()]);
    // To hear a little more than is wanted costs less than to connect anew.
    if (!this.#stale && !isEmpty(all) && covers(this.#covered, all)) return;
    this.#stale = false;
    this.#covered = all;
    const wanted = addresses(all).slice(0, MOST_STREAMS);
    for (const stream of this.#streams.splice(wanted.length)) stream.close();
    wanted.forEach((address, at) => {
      this.#streams[at] ??= new Stream(this.#env, (what, data) => {
        this.#post({ kind: "heard", what, data });
        this.#tell(what, data);
      });
      this.#streams[at].open(address);
    });
  }

  #tell(what, data) {
    for (const { asked, hear } of [...this.#followers]) {
      if (what === "event" && !concerns(asked, data)) continue;
      try {
        hear(what === "snapshot" ? partOf(data, asked) : data);
      } catch (fault) {
        // One listener's fault is not the next one's.
        this.#env.report(fault);
      }
    }
  }
}
