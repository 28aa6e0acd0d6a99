// <kadr-underway>: the link to the uploads in the header, which tells what is on its way: sent
// in another tab or on another device, or waiting for its file. Without scripts it is a link.
//
// Whether there is anything, the server is asked at most once a minute and tab; a tab that
// begins to send says so. Events are followed only while there is something.
import { Told, keep, recall } from "./told.js";

const CHANNEL = "kadr-uploads";

class KadrUnderway extends HTMLElement {
  #told = new Told();
  #stop = null;
  #starting = false;
  #timer = 0;

  connectedCallback() {
    this.texts = JSON.parse(this.dataset.texts);
    this.link = this.querySelector("a");
    try {
      new BroadcastChannel(CHANNEL).onmessage = ({ data }) => data?.kind === "began" && this.#start();
    } catch {
      // Then it is found out a minute later.
    }
    this.#look();
    addEventListener("pageshow", ({ persisted }) => persisted && this.#look());
  }

  async #look() {
    let count = recall(performance.timeOrigin + performance.now());
    if (count === undefined) {
      try {
        const answer = await fetch("/ui/uploads/underway", { method: "POST", headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        count = await answer.json();
      } catch {
        return;
      }
      keep(count, performance.timeOrigin + performance.now());
    }
    if (count > 0) this.#start();
  }

  async #start() {
    if (this.#stop || this.#starting) return;
    this.#starting = true;
    try {
      const { follow } = await import(this.dataset.live);
      this.#stop = follow({ mine: true }, (event) => this.#hear(event));
    } catch {
      // The link stays a link.
    } finally {
      this.#starting = false;
    }
  }

  #hear(event) {
    const arrived = this.#told.hear(event, performance.now());
    if (arrived) {
      const detail = { text: this.texts.arrived.replace("{name}", () => arrived), tone: "good" };
      document.dispatchEvent(new CustomEvent("kadr:toast", { detail }));
    }
    this.#show();
  }

  #show() {
    clearTimeout(this.#timer);
    const now = performance.now();
    const { moving, waiting, share } = this.#told.at(now);
    const count = moving + waiting;
    this.link.dataset.underway = moving > 0 ? "moving" : waiting > 0 ? "waiting" : "";
    this.link.style.setProperty("--share", String(share ?? 0));
    const percent = share === undefined ? "" : new Intl.NumberFormat(document.documentElement.lang, { style: "percent" }).format(Math.floor(share * 100) / 100);
    const words = moving > 0 ? this.texts.moving.replace("{percent}", percent).trim() : waiting > 0 ? this.texts.waiting : this.texts.upload;
    this.querySelector(".words").textContent = words;
    const badge = this.querySelector(".count");
    badge.hidden = count === 0;
    badge.textContent = count > 0 ? String(count) : "";
    keep(count, performance.timeOrigin + now);
    if (count === 0) {
      this.#stop?.();
      this.#stop = null;
    } else if (moving > 0) {
      // Who falls silent waits for something.
      this.#timer = setTimeout(() => this.#show(), 2000);
    }
  }
}

if (!customElements.get("kadr-underway")) customElements.define("kadr-underway", KadrUnderway);
