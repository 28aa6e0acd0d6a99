// <kadr-uploads>: files are chosen, dropped or pasted and go to the server, however often the
// way breaks off. The page comes from the server with everything it says (app/src/uploads/);
// without scripts it is a form.
//
// Which uploads there are, the server knows: also those begun yesterday or on another device.
// Who chooses the same file again goes on where it stopped.
import { call } from "./calls.js";
import { Card } from "./card.js";
import { listen, readable } from "./files.js";
import { fingerprint, isOurs, isSame, refuse } from "./fingerprint.js";
import { Hashing } from "./hashing.js";
import { Sender, letGo } from "./sender.js";
import { Stay } from "./stay.js";
import { Fault, Tus } from "./tus.js";
import { wire } from "./wire.js";
import { Words } from "./words.js";

/** Files that are sent side by side; more would only make each of them slower. */
const AT_ONCE = 2;
/** Painted so often, at most. */
const PAINT = 150;
/** Sizes that are asked about at once. */
const SIZES = 100;
/** What changes so shortly after something else is done with it. */
const SOON = 300;
/** The other tabs look whether they show this. */
const CHANNEL = "kadr-uploads";

class KadrUploads extends HTMLElement {
  #cards = [];
  /** Two workers: a film that is hashed as a whole does not hold up the next one's beginning. */
  #prints;
  #whole;
  #world;
  #stay;
  #painting = 0;
  #ticking = 0;
  #dirty = new Set();
  #sizes = new Map();
  #follow = null;
  #stopFollowing = null;
  #followed = "";
  #listening = 0;
  #asking = 0;
  #loading = null;
  /** The card somebody chooses a file for. */
  #choosing = null;
  #channel = null;
  /** Uploads that are being given up. */
  #leaving = new Set();

  connectedCallback() {
    if (this.words) return;
    this.words = new Words(JSON.parse(this.dataset.texts), document.documentElement.lang);
    this.watch = this.dataset.watch;
    this.login = this.dataset.login;
    this.#prints = new Hashing(this.dataset.hasher);
    this.#whole = new Hashing(this.dataset.hasher);
    this.#world = this.#around();
    this.#stay = new Stay(
      () => this.#cards.some(({ sender }) => sender?.isRunning),
      () => this.#cards.some(({ sender, details, isPreparing }) => isPreparing || sender?.isUnderWay || details.isDirty),
    );
    listen(this, this.part("file"), (files) => this.take(files));
    this.part("one").addEventListener("change", ({ target }) => {
      const card = this.#choosing;
      this.#choosing = null;
      if (card && target.files[0]) this.#goOn(card, target.files[0]);
      target.value = "";
    });
    this.addEventListener("click", (event) => {
      const all = event.target.closest("[data-all]")?.dataset.all;
      if (event.target.closest("[data-choose]")) this.part("file").click();
      else if (all) this.#all(all);
    });
    addEventListener("pagehide", () => {
      for (const { details } of this.#cards) if (details.isDirty) details.save(true);
    });
    addEventListener("pageshow", ({ persisted }) => persisted && this.#load());
    try {
      this.#channel = new BroadcastChannel(CHANNEL);
    } catch {
      // Other tabs find out later.
    }
    this.#load();
  }

  part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  /** What a sender sees of the world. */
  #around() {
    return {
      tus: new Tus(wire, this.dataset.uploads),
      look: (file, signal, onShare) => this.#look(file, signal, onShare),
      find: (print, signal) => this.#find(print, signal),
      readable,
      rest,
      now: () => performance.now(),
      random: Math.random,
      online: () => navigator.onLine !== false,
      report: (fault) => (globalThis.reportError ?? console.error)(fault),
    };
  }

  // From files to cards --------------------------------------------------------------------

  async take(files) {
    const kept = files.filter((file) => file.size > 0);
    if (kept.length < files.length) this.#complain("upload_empty");
    else this.#complain(null);
    if (kept.length === 0) return;
    this.#askSizes(kept.map((file) => file.size));
    this.announce(this.words.count("taken", kept.length));
    const cards = kept.map((file) => {
      const card = this.#add({ name: file.name, size: file.size, details: { title: stem(file.name), visibility: this.dataset.visibility } });
      card.isPreparing = true;
      card.paint();
      return card;
    });
    if (cards.length === 1) cards[0].element.querySelector("details").open = true;
    // The list of what could go on has to be there before anything begins anew.
    await this.#loading;
    for (const [at, file] of kept.entries()) await this.#prepare(cards[at], file);
  }

  /** Looks at the file of a new card: perhaps it is one that could go on. */
  async #prepare(card, file) {
    const print = await this.#print(file);
    if (!this.#cards.includes(card)) return;
    const same = print && this.#cards.find((other) => other !== card && other.print && isSame(print, other.print) && other.stage === null);
    if (same) {
      const held = card.element.contains(document.activeElement);
      this.#drop(card);
      if (held) same.element.querySelector("[data-act]:not([hidden])")?.focus();
      if (same.sender?.isUnderWay) this.announce(this.words.say("running_already", { name: file.name }));
      else this.#send(same, file);
      return;
    }
    card.isPreparing = false;
    card.print = print;
    this.#send(card, file);
  }

  async #print(file) {
    try {
      return await fingerprint(file, (blob, parts) => this.#prints.hash(blob, parts));
    } catch {
      // Where nothing hashes it still goes through; only choosing it again will not do.
      return undefined;
    }
  }

  /** The same file was chosen for an upload that stopped; another one is refused. */
  async #goOn(card, file) {
    this.#complain(null);
    try {
      if (file.size !== card.size) throw new Fault("other_file");
      const print = await this.#print(file);
      if (!print || !card.print) throw new Fault((await readable(file, 0)) ? "unhashed" : "file_unreadable");
      refuse(print, card.print);
    } catch (fault) {
      this.#complain(fault.code ?? "failed", { name: card.name });
      return;
    }
    this.#send(card, file);
  }

  #send(card, file) {
    card.picture(file);
    if (card.sender) {
      card.sender.resume(file);
      return;
    }
    const metadata = () => ({ filename: file.name, filetype: file.type, fingerprint: card.print, ...card.details.first });
    card.sender = new Sender(this.#world, { file, metadata, flow: card.flow, video: card.video, offset: card.offset }, () => this.#changed(card));
    this.#changed(card);
  }

  #add(what) {
    const card = new Card(this, this.part("card"), what);
    this.#cards.push(card);
    this.part("list").append(card.element);
    this.#repaint(card);
    return card;
  }

  #drop(card) {
    const at = this.#cards.indexOf(card);
    if (at < 0) return;
    const held = card.element.contains(document.activeElement);
    this.#cards.splice(at, 1);
    card.element.remove();
    if (held) {
      const next = this.#cards[at] ?? this.#cards[at - 1];
      (next?.element.querySelector("[data-act]:not([hidden])") ?? this.querySelector("[data-choose]")).focus();
    }
    this.#repaint();
  }

  // What a sender asks ---------------------------------------------------------------------

  /** Hashing a large file takes its time: only where its owner has one of that size. */
  #askSizes(sizes) {
    // Asked each time: what has arrived since is known now.
    const asking = [...new Set(sizes)];
    for (let at = 0; at < asking.length; at += SIZES) {
      const some = asking.slice(at, at + SIZES);
      // Not knowing costs sending, and nothing else.
      const asked = call("sizes", { sizes: some.join(",") }).catch(() => []);
      for (const size of some) this.#sizes.set(size, asked.then((owned) => owned.includes(size)));
    }
  }

  async #look(file, signal, onShare) {
    try {
      if (!(await this.#sizes.get(file.size))) return {};
      signal.throwIfAborted();
      const hash = await this.#whole.hash(file, undefined, { signal, onShare });
      const known = await call("known", { hash }, { signal });
      return { hash, known };
    } catch (fault) {
      signal.throwIfAborted();
      // Not knowing costs sending, and nothing else.
      return {};
    }
  }

  /** An upload that began although nobody told us so. */
  async #find(print, signal) {
    if (!print) return undefined;
    const { uploads } = await call("unfinished", {}, { signal });
    const found = uploads.find((upload) => upload.fingerprint === print && !this.#cards.some(({ sender }) => sender?.flow === upload.flow));
    return found && { flow: found.flow, video: found.video, offset: found.offset };
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
      dismiss: () => this.#drop(card),
      remove: () => this.#remove(card),
      choose: () => {
        this.#choosing = card;
        this.part("one").click();
      },
    };
    acts[act]?.();
  }

  #all(act) {
    const senders = this.#cards.map(({ sender }) => sender).filter(Boolean);
    // From the end: what waits for its turn does not begin when one before it stops.
    if (act === "pause") for (const sender of senders.reverse()) sender.pause();
    else for (const sender of senders) if (sender.state === "paused") sender.resume();
  }

  async #remove(card) {
    const flow = card.sender?.flow ?? card.flow;
    const { name } = card;
    // Until it is gone the server still lists it.
    if (flow) this.#leaving.add(flow);
    try {
      if (card.sender) {
        const { sender } = card;
        card.sender = null;
        const removing = sender.remove();
        this.#drop(card);
        await removing;
      } else {
        this.#drop(card);
        if (flow) await letGo(this.#world, flow);
      }
      this.announce(this.words.say("removed", { name }));
    } catch (fault) {
      // It is still there: the list of the server says so.
      this.#leaving.delete(flow);
      this.#complain(fault.code ?? "failed", { name });
      this.#load();
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
      for (const other of [...this.#cards]) if (other !== card && !other.sender && other.flow === card.flow) this.#drop(other);
      this.#channel?.postMessage({ kind: "began" });
    }
    card.video = sender.video ?? card.video;
    card.details.belongsTo(card.video);
    if (card.said !== sender.state) {
      const before = card.said;
      card.said = sender.state;
      this.#turned(card, before);
    }
    this.#repaint(card);
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
        // Once for all of them.
        if (!this.#cards.some((other) => other !== card && other.sender?.state === "resting")) this.announce(this.words.say("interrupted"));
        break;
      case "sending":
        if (before === "resting") this.announce(this.words.say("goes_on"));
        break;
      default:
        break;
    }
    this.#pump();
    this.#listen();
  }

  #pump() {
    let free = AT_ONCE - this.#cards.filter(({ sender }) => sender?.isRunning).length;
    for (const { sender } of [...this.#cards]) {
      if (free <= 0) break;
      if (sender?.state !== "queued") continue;
      free -= 1;
      sender.go();
    }
  }

  #repaint(card) {
    if (card) this.#dirty.add(card);
    // Not by animation frames: those stop while the page is hidden, and its title goes on.
    this.#painting ||= setTimeout(() => {
      this.#painting = 0;
      for (const one of this.#dirty) one.paint();
      this.#dirty.clear();
      this.#paintAll();
    }, PAINT);
  }

  #paintAll() {
    const { words } = this;
    this.part("empty").hidden = this.#cards.length > 0;
    const sent = this.#cards.filter(({ sender, stage }) => sender && (stage !== null || sender.isUnderWay || sender.state === "paused"));
    const left = sent.filter(({ stage }) => stage === null);
    const all = sum(sent, ({ size }) => size);
    const there = sum(sent, (card) => card.acknowledged);
    const onTheWay = sum(left, ({ sender }) => sender.onTheWay);
    const share = all > 0 ? there / all : 0;
    const total = this.part("total");
    total.hidden = sent.length < 2 || left.length === 0;
    if (!total.hidden) {
      const bar = this.part("total-bar");
      bar.style.setProperty("--acknowledged", String(share));
      bar.style.setProperty("--sent", String((there + onTheWay) / all));
      bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
      const speed = sum(left, ({ sender }) => sender.speed);
      const said = [words.count("files_left", left.length), `${words.size(there)} / ${words.size(all)}`];
      if (speed > 0) said.push(words.speed(speed), words.say("left", { time: words.time(((all - there - onTheWay) / speed) * 1000) }));
      this.part("total-figures").textContent = said.join(" · ");
      this.querySelector('[data-all="pause"]').hidden = !left.some(({ sender }) => sender.isUnderWay && sender.state !== "twice");
      this.querySelector('[data-all="resume"]').hidden = !left.some(({ sender }) => sender.state === "paused");
    }
    const runs = left.some(({ sender }) => sender.isUnderWay);
    this.#stay.tell(runs ? share : null, words.percent(share));
    // Speeds fade and pauses run out, also when nothing else happens.
    if (this.#cards.some(({ sender }) => sender?.isRunning)) {
      this.#ticking ||= setTimeout(() => {
        this.#ticking = 0;
        for (const card of this.#cards) if (card.sender?.isRunning) this.#repaint(card);
      }, 1000);
    }
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
  #complain(code, values = {}) {
    const place = this.part("problem");
    place.hidden = code === null;
    place.querySelector("strong").textContent = code === null ? "" : this.words.say(code, values);
  }

  // What the server knows ------------------------------------------------------------------

  /** The unfinished uploads, also those of another day or device. */
  #load() {
    this.#loading = (async () => {
      let known;
      try {
        known = await call("unfinished");
      } catch (fault) {
        // The page works without the list; it comes when the network does.
        if (fault.code === "unreachable") rest(5000).then(() => this.#load());
        return;
      }
      const flows = new Set(known.uploads.map(({ flow }) => flow));
      for (const card of [...this.#cards]) {
        if (!card.sender && card.flow && card.stage === null && !flows.has(card.flow)) this.#drop(card);
      }
      for (const upload of known.uploads) this.#know(upload);
      this.#listen();
      this.#repaint();
    })();
    return this.#loading;
  }

  #know(upload) {
    if (this.#leaving.has(upload.flow)) return;
    const card = this.#cards.find(({ flow, sender }) => (sender?.flow ?? flow) === upload.flow);
    if (card) {
      if (!card.sender) {
        card.offset = Math.min(card.offset, upload.offset);
        card.hearOthers(upload.offset, upload.receiving);
      }
      return;
    }
    const { title, description, tags, visibility } = upload;
    const added = this.#add({
      name: upload.name,
      size: upload.length,
      flow: upload.flow,
      video: upload.video,
      offset: upload.offset,
      print: upload.fingerprint,
      isOurs: isOurs(upload.fingerprint) && upload.length !== null,
      details: { title, description, tags, visibility },
    });
    if (upload.receiving) added.hearOthers(upload.offset, true);
  }

  /** Many files may arrive within one moment: they are one reason to listen anew. */
  #listen() {
    this.#listening ||= setTimeout(() => {
      this.#listening = 0;
      this.#follows();
    }, SOON);
  }

  /** Follows what happens while there is something that could change by itself. */
  async #follows() {
    const moving = this.#cards.filter((card) => card.flow !== null && !isFinal(card));
    const videos = moving.filter(({ stage }) => stage !== null).map(({ video }) => video);
    const wanted = moving.length === 0 ? "" : `mine ${videos.sort().join(",")}`;
    if (wanted === this.#followed) return;
    this.#followed = wanted;
    try {
      this.#follow ??= (await import(this.dataset.live)).follow;
    } catch {
      // Without events the page shows what it does itself.
      return;
    }
    if (wanted !== this.#followed) return;
    const before = this.#stopFollowing;
    this.#stopFollowing = wanted === "" ? null : this.#follow({ mine: true, videos }, (event) => this.#hear(event));
    before?.();
  }

  /** How far the videos are: what happened before we listened is told by nobody else. */
  #askStages() {
    this.#asking ||= setTimeout(async () => {
      this.#asking = 0;
      const open = this.#cards.filter((card) => card.stage !== null && card.video && !isFinal(card));
      if (open.length === 0) return;
      try {
        const { sent } = await call("page", { sent: open.slice(0, SIZES).map(({ video }) => video).join(",") });
        for (const { video, status } of sent) for (const card of open) if (card.video === video) this.#hearVideo(card, { ...card.stage, status });
      } catch {
        // Events tell the rest.
      }
    }, 2 * SOON);
  }

  #hear(event) {
    switch (event.type) {
      case "snapshot": {
        const flows = new Set((event.uploads ?? []).map(({ flow }) => flow));
        const isNew = (event.uploads ?? []).some(({ flow, video }) => video && !this.#byFlow(flow) && !this.#leaving.has(flow));
        const isOver = this.#cards.some((card) => !card.sender && card.flow && card.stage === null && !flows.has(card.flow));
        for (const upload of event.uploads ?? []) this.#hearUpload(upload);
        for (const job of event.jobs ?? []) this.#hearJob(job);
        if (isNew || isOver) this.#load();
        this.#askStages();
        break;
      }
      case "upload":
        // One that began elsewhere, just now; those of this page are known before.
        if (event.video && !this.#byFlow(event.flow) && !this.#leaving.has(event.flow) && event.status === "uploading" && !this.#cards.some(({ sender }) => sender?.isRunning)) this.#load();
        else this.#hearUpload(event);
        break;
      case "video":
        for (const card of this.#cards) if (card.video === event.id) this.#hearVideo(card, event);
        break;
      case "job":
        this.#hearJob(event);
        break;
      default:
        break;
    }
  }

  #byFlow(flow) {
    return this.#cards.find((card) => (card.sender?.flow ?? card.flow) === flow);
  }

  #hearUpload({ flow, status = "uploading", offset, receiving }) {
    const card = this.#byFlow(flow);
    // Of its own files the page knows more than events tell.
    if (!card || card.stage !== null || card.sender) return;
    if (status === "uploading") {
      card.hearOthers(offset, receiving);
    } else if (status === "uploaded") {
      card.stage = { status: "processing" };
      this.announce(this.words.say("arrived", { name: card.name }));
      this.#listen();
    } else if (status === "abandoned") {
      this.#drop(card);
    }
    this.#repaint(card);
  }

  #hearVideo(card, { status, error, playable, removed }) {
    if (removed) {
      if (card.stage !== null || !card.sender) this.#drop(card);
      return;
    }
    if (card.stage === null) return;
    card.stage = { ...card.stage, status: status === "pending" ? "processing" : status, error, playable };
    this.#repaint(card);
    this.#listen();
  }

  #hearJob(job) {
    const card = job.video && this.#cards.find(({ video, stage }) => video === job.video && stage !== null);
    if (!card) return;
    card.stage = { ...card.stage, job };
    this.#repaint(card);
  }
}

const resting = new Set();

/** Some browsers say that they are offline when they are not. */
const OFFLINE = 60_000;

/** Waits so long, or until the network is back or somebody looks again. */
function rest(ms, signal) {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      resting.delete(end);
      signal?.removeEventListener("abort", end);
      done();
    };
    // Without a network, trying would only drain the battery.
    const timer = setTimeout(end, navigator.onLine === false ? Math.max(ms, OFFLINE) : ms);
    signal?.addEventListener("abort", end);
    resting.add(end);
  });
}

/** No reason to wait any longer. */
function hurry() {
  for (const end of [...resting]) end();
}

addEventListener("online", hurry);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && navigator.onLine !== false) hurry();
});

/** Nothing more will happen to it. */
function isFinal({ stage }) {
  return ["completed", "failed"].includes(stage?.status);
}

function sum(all, of) {
  return all.reduce((total, one) => total + (of(one) ?? 0), 0);
}

/** What a video is called until somebody says otherwise. */
function stem(name) {
  return name.replace(/(?!^)\.[a-z0-9]{1,10}$/i, "");
}

if (!customElements.get("kadr-uploads")) customElements.define("kadr-uploads", KadrUploads);
