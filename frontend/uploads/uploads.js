// <kadr-uploads>: files are chosen, dropped or pasted and go to the server, however often the
// way breaks off. The page comes from the server with everything it says (app/src/uploads/);
// without scripts it is a form.
//
// Which uploads there are, the server knows: also those begun yesterday or on another device
// (listed.js). Who chooses the same file again goes on where it stopped (chosen.js).
import { call } from "./calls.js";
import { Card } from "./card.js";
import { Chosen } from "./chosen.js";
import { listen } from "./files.js";
import { Listed } from "./listed.js";
import { hurry } from "./rest.js";
import { Sender, letGo } from "./sender.js";
import { Stay } from "./stay.js";
import { Total } from "./total.js";
import { Words } from "./words.js";
import { World } from "./world.js";

/** Files that are sent side by side; more would only make each of them slower. */
const AT_ONCE = 2;
/** Painted so often, at most. */
const PAINT = 150;
/** The other tabs look whether they show this. */
const CHANNEL = "kadr-uploads";

class KadrUploads extends HTMLElement {
  cards = [];
  /** Uploads that are being given up: until they are gone the server still lists them. */
  leaving = new Set();
  #chosen;
  #stay;
  #total;
  #painting = 0;
  #ticking = 0;
  #dirty = new Set();
  /** The card somebody chooses a file for. */
  #choosing = null;
  #channel = null;

  connectedCallback() {
    if (this.words) return;
    const { uploads, hasher } = this.dataset;
    this.words = new Words(JSON.parse(this.dataset.texts), document.documentElement.lang);
    this.listed = new Listed(this);
    const isTaken = (flow) => this.cards.some(({ sender }) => sender?.flow === flow);
    this.world = new World(uploads, hasher, () => this.listed.hasCome, isTaken);
    this.#chosen = new Chosen(this, hasher);
    this.#total = new Total((name) => this.part(name), this.words);
    this.#stay = new Stay(
      () => this.cards.some(({ sender }) => sender?.isRunning && !sender.isWatching),
      () => this.cards.some(({ sender, details, isPreparing }) => isPreparing || details.isDirty || (sender?.isUnderWay && !sender.isWatching)),
    );
    this.#listen();
    this.listed.load();
  }

  #listen() {
    listen(this, this.part("file"), (files) => this.#chosen.take(files));
    this.part("one").addEventListener("change", ({ target }) => {
      const card = this.#choosing;
      this.#choosing = null;
      if (card && target.files[0]) this.#chosen.goOn(card, target.files[0]);
      target.value = "";
    });
    this.addEventListener("click", (event) => {
      const all = event.target.closest("[data-all]")?.dataset.all;
      if (event.target.closest("[data-choose]")) this.part("file").click();
      else if (all) this.#all(all);
    });
    addEventListener("pagehide", () => {
      for (const { details } of this.cards) if (details.isDirty) details.save(true);
    });
    addEventListener("pageshow", ({ persisted }) => persisted && this.listed.load());
    try {
      this.#channel = new BroadcastChannel(CHANNEL);
      this.#channel.onmessage = ({ data }) => data?.kind === "began" && this.listed.load();
    } catch {
      // Tabs find out about each other later.
    }
  }

  part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  byFlow(flow) {
    return this.cards.find((card) => (card.sender?.flow ?? card.flow) === flow);
  }

  // Cards ----------------------------------------------------------------------------------

  add(what) {
    const card = new Card(this, this.part("card"), what);
    this.cards.push(card);
    this.part("list").append(card.element);
    this.repaint(card);
    return card;
  }

  drop(card) {
    const at = this.cards.indexOf(card);
    if (at < 0) return;
    const held = card.element.contains(document.activeElement);
    this.cards.splice(at, 1);
    card.element.remove();
    if (held) {
      const next = this.cards[at] ?? this.cards[at - 1];
      if (next) next.focus();
      else this.querySelector("[data-choose]").focus();
    }
    this.repaint();
  }

  send(card, file) {
    card.picture(file);
    if (card.sender) {
      card.sender.resume(file);
      return;
    }
    const metadata = () => ({ filename: file.name, filetype: file.type, fingerprint: card.print, ...card.details.first });
    const { flow, video, offset } = card;
    const others = card.state === "elsewhere";
    card.sender = new Sender(this.world, { file, metadata, flow, video, offset, others }, () => this.#changed(card));
    this.#changed(card);
  }

  // What a person presses ------------------------------------------------------------------

  act(card, act) {
    const { sender } = card;
    const acts = {
      pause: () => sender.pause(),
      resume: () => sender.resume(),
      retry: () => sender.resume(),
      now: () => hurry(),
      keep: () => sender.keepBoth(),
      drop: () => this.#remove(card),
      dismiss: () => this.drop(card),
      remove: () => this.#remove(card),
      choose: () => {
        this.#choosing = card;
        this.part("one").click();
      },
    };
    acts[act]?.();
  }

  #all(act) {
    // From the end: what waits for its turn does not begin when one before it stops.
    if (act === "pause") for (const { sender } of [...this.cards].reverse()) sender?.pause();
    else for (const card of this.cards) if (card.isStopped) card.sender.resume();
  }

  async #remove(card) {
    const { name, sender } = card;
    const flow = sender?.flow ?? card.flow;
    if (flow) this.leaving.add(flow);
    card.sender = null;
    this.drop(card);
    let isGone = true;
    try {
      if (sender) isGone = await sender.remove();
      else if (flow) isGone = await letGo(this.world, flow);
      const video = sender?.video ?? card.video;
      // Its last byte came while it was cancelled: what was not wanted is not kept.
      if (!isGone && video) await call("withdraw", { video });
      if (flow) this.listed.forget(flow);
      this.announce(this.words.say("removed", { name }));
    } catch (fault) {
      // It is still there: the list of the server says so.
      this.leaving.delete(flow);
      this.complain(isGone ? (fault.code ?? "failed") : "arrived_before", { name });
      this.listed.load();
    }
    this.#pump();
  }

  // What happens ---------------------------------------------------------------------------

  #changed(card) {
    const { sender } = card;
    // What is said by a sender of a card that was taken away.
    if (!sender) return;
    if (sender.flow && card.flow !== sender.flow) {
      card.flow = sender.flow;
      card.video = sender.video;
      // The list of the server may have had it before we knew.
      for (const other of [...this.cards]) if (other !== card && !other.sender && other.flow === card.flow) this.drop(other);
      this.#channel?.postMessage({ kind: "began" });
    }
    card.video = sender.video ?? card.video;
    card.details.belongsTo(card.video);
    if (card.said !== sender.state) {
      const before = card.said;
      card.said = sender.state;
      this.#turned(card, before);
    }
    this.repaint(card);
  }

  /** A state that is worth saying aloud, or that makes room for the next file. */
  #turned(card, before) {
    const { sender, name } = card;
    switch (sender.state) {
      case "done":
        card.stage = { status: "processing" };
        this.announce(this.words.say("arrived", { name }));
        break;
      case "failed":
        this.announce(`${name}: ${this.words.say(sender.code)}`);
        break;
      case "twice":
        this.announce(`${name}: ${this.words.say("twice", { title: sender.known.title })}`);
        break;
      case "resting":
        if (sender.isWatching) this.announce(`${name}: ${this.words.say("resting_elsewhere")}`);
        // Once for all of them.
        else if (!this.cards.some((other) => other !== card && other.sender?.state === "resting")) this.announce(this.words.say("interrupted"));
        break;
      case "sending":
        if (before === "resting") this.announce(this.words.say("goes_on"));
        break;
      default:
        break;
    }
    this.#pump();
    this.listed.listen();
  }

  #pump() {
    let free = AT_ONCE - this.cards.filter(({ sender }) => sender?.isRunning && !sender.isWatching).length;
    for (const { sender } of [...this.cards]) {
      if (free <= 0) break;
      if (sender?.state !== "queued") continue;
      free -= 1;
      sender.go();
    }
  }

  // What is shown --------------------------------------------------------------------------

  repaint(card) {
    if (card) this.#dirty.add(card);
    // Not by animation frames: those stop while the page is hidden, and its title goes on.
    this.#painting ||= setTimeout(() => {
      this.#painting = 0;
      for (const one of this.#dirty) one.paint();
      this.#dirty.clear();
      this.#paint();
    }, PAINT);
  }

  #paint() {
    this.part("empty").hidden = this.cards.length > 0;
    const share = this.#total.paint(this.cards);
    this.#stay.tell(share, this.words.percent(share ?? 0));
    // Speeds fade and pauses run out, also when nothing else happens.
    if (!this.cards.some(({ sender }) => sender?.isRunning)) return;
    this.#ticking ||= setTimeout(() => {
      this.#ticking = 0;
      for (const card of this.cards) if (card.sender?.isRunning) this.repaint(card);
    }, 1000);
  }

  /** Said by screen readers when they have time. */
  announce(text) {
    const line = document.createElement("p");
    line.textContent = text;
    const said = this.part("said");
    said.append(line);
    while (said.childElementCount > 5) said.firstElementChild.remove();
  }

  /** Says what is wrong with what was just tried, by its code; nothing when nothing is. */
  complain(code, values = {}) {
    const place = this.part("problem");
    place.hidden = code === null;
    place.querySelector("strong").textContent = code === null ? "" : this.words.say(code, values);
  }
}

if (!customElements.get("kadr-uploads")) customElements.define("kadr-uploads", KadrUploads);
