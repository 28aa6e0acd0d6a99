// What changes while a page is open, as it happens.
//
//   import { follow } from "live.js";
//   const stop = follow({ videos: [id], jobs: [id] }, (event) => …);
//
// or, without a script, <kadr-live videos="a,b" jobs="c"> around or beside what shows it: it
// dispatches every event as a bubbling "kadr:event" with the event as its `detail`.
//
// The first event is always { type: "snapshot", jobs: […] } with how things stand; it comes
// again whenever something may have been missed and replaces what the page knew. The others are
// { type: "job", id, state, progress, … }. Who follows { mine: true } hears of their own uploads
// and videos too, and finds the unfinished uploads in the snapshot: { uploads: […] }. All tabs
// of a browser share one connection, and it is open only while somebody follows something.

import { Tabs } from "./tabs.js";

function browser() {
  const usable = (get) => {
    // Some privacy modes throw where others answer undefined.
    try {
      return get();
    } catch {
      return undefined;
    }
  };
  return {
    id: () => Array.from(crypto.getRandomValues(new Uint32Array(3)), (n) => n.toString(36)).join(""),
    random: Math.random,
    setTimeout: (act, ms) => setTimeout(act, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    online: () => navigator.onLine !== false,
    EventSource: globalThis.EventSource,
    locks: usable(() => navigator.locks),
    Channel: usable(() => globalThis.BroadcastChannel),
    on(name, act) {
      if (name === "visible") {
        document.addEventListener("visibilitychange", () => {
          if (!document.hidden) act();
        });
      } else {
        addEventListener(name, act);
      }
    },
    report: (fault) => (globalThis.reportError ?? console.error)(fault),
  };
}

const tabs = new Tabs(browser());

/** See the head of this file. */
export const follow = (asked, hear) => tabs.follow(asked, hear);

/** Whether this tab holds the connection, for those who look into it. */
export const leads = () => tabs.leads;

class KadrLive extends HTMLElement {
  static observedAttributes = ["videos", "jobs"];
  #stop = null;

  connectedCallback() {
    this.#restart();
  }

  disconnectedCallback() {
    this.#stop?.();
    this.#stop = null;
  }

  attributeChangedCallback(_name, before, after) {
    if (before !== after && this.#stop) this.#restart();
  }

  #restart() {
    const list = (name) => (this.getAttribute(name) ?? "").split(",");
    const before = this.#stop;
    this.#stop = follow({ videos: list("videos"), jobs: list("jobs") }, (detail) => {
      this.dispatchEvent(new CustomEvent("kadr:event", { detail, bubbles: true }));
    });
    before?.();
  }
}

// A page may come to hold two versions of this script; the first one serves.
if (!customElements.get("kadr-live")) customElements.define("kadr-live", KadrLive);
