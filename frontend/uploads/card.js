// One upload as a person sees it: made from the template of the page, painted when something
// changed. What can be done stands on its buttons; `data-state` tells styles and tests.
import { Details } from "./details.js";
import { figures } from "./figures.js";
import { firstFrame } from "./first-frame.js";

/** Somebody who was heard of so lately still sends. */
const HEARD = 6000;
/** How long a question on a button stands. */
const SURE = 6000;

/** What can be done, by state; in the order of the buttons of the template. */
const ACTS = {
  preparing: ["remove"],
  queued: ["pause", "remove"],
  looking: ["pause", "remove"],
  twice: ["keep", "drop"],
  sending: ["pause", "remove"],
  resting: ["now", "pause", "remove"],
  watching: ["pause", "remove"],
  paused: ["resume", "remove"],
  failed: ["retry", "remove"],
  refused: ["remove"],
  unreadable: ["choose", "remove"],
  waiting: ["choose", "remove"],
  foreign: ["remove"],
  elsewhere: ["choose", "remove"],
  expired: ["dismiss"],
  done: ["dismiss"],
};

/** What is refused for good: the same again would be refused again. */
const REFUSED = ["upload_not_media", "upload_too_large"];
/** Stages of a film that is being made. */
const MADE = ["packaging", "encoding", "finishing"];
/** Where nothing moves, and nothing has: an empty bar would only be a line. */
const STILL = ["preparing", "queued", "twice", "failed", "expired"];

let count = 0;

export class Card {
  #page;
  #parts = new Map();
  #shown = {};
  #sure = 0;
  #heard = -Infinity;
  /** Its file is still looked at. */
  isPreparing = false;

  /** Of a file that was chosen here, or of an upload that the server knows (`flow`). */
  constructor(page, template, { name, size, flow = null, video = null, offset = 0, expires = null, print, isOurs = true, details = {} }) {
    this.#page = page;
    this.name = name;
    this.size = size;
    this.flow = flow;
    this.video = video;
    this.offset = offset;
    /** Until then the server waits for its next byte. */
    this.expires = expires;
    /** The server has let go of it. */
    this.isExpired = false;
    this.print = print;
    this.isOurs = isOurs;
    this.sender = null;
    /** How far the video is, after its bytes: `null` while they are on their way. */
    this.stage = null;
    this.element = template.content.firstElementChild.cloneNode(true);
    unique(this.element, (count += 1));
    for (const part of this.element.querySelectorAll("[data-part]")) this.#parts.set(part.dataset.part, part);
    this.part("name").textContent = name;
    this.details = new Details(this.element, page.words, details);
    if (video) this.details.belongsTo(video);
    this.element.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) this.#act(act);
    });
    this.paint();
  }

  part(name) {
    return this.#parts.get(name);
  }

  get state() {
    if (this.stage !== null) return "done";
    if (this.sender) {
      const { state, code, isWatching } = this.sender;
      if (isWatching) return "watching";
      return state === "failed" && code === "file_unreadable" ? "unreadable" : state;
    }
    if (this.isExpired) return "expired";
    if (this.isPreparing) return "preparing";
    if (performance.now() - this.#heard < HEARD) return "elsewhere";
    return this.isOurs ? "waiting" : "foreign";
  }

  /** Bytes that are there, as far as anybody has said. */
  get acknowledged() {
    return this.stage !== null ? (this.size ?? 0) : (this.sender?.acknowledged ?? this.offset);
  }

  /** Nothing more will happen to it. */
  get isFinal() {
    return this.isExpired || ["completed", "failed"].includes(this.stage?.status);
  }

  /** It failed since nobody is logged in any more. */
  get isLoggedOut() {
    return this.sender?.state === "failed" && this.sender.code === "not_logged_in";
  }

  /** It could go on with all others. */
  get isStopped() {
    return this.sender?.state === "paused" || this.isLoggedOut;
  }

  focus() {
    this.element.querySelector("[data-act]:not([hidden])")?.focus();
  }

  /** The server has let go of it, since its file did not come. */
  expire() {
    this.isExpired = true;
    this.paint();
  }

  /** Somebody else sends it, or sent it a moment ago. */
  hearOthers(offset, receiving) {
    if (receiving || offset > this.offset) {
      this.#heard = performance.now();
      setTimeout(() => this.paint(), HEARD + 100);
    }
    this.offset = Math.max(this.offset, offset);
    this.paint();
  }

  /** The file is here: its first frame is shown when the browser can decode it. */
  async picture(file) {
    const url = await firstFrame(file);
    if (!url) return;
    const image = this.part("frame");
    image.onload = () => URL.revokeObjectURL(url);
    image.src = url;
    image.hidden = false;
  }

  #act(act) {
    if (act === "remove" && this.state !== "expired" && this.acknowledged > 0 && this.stage === null) {
      // Hours may be in it: asked once, on the same button.
      if (!this.#sure) {
        this.#ask(true);
        this.#sure = setTimeout(() => this.#ask(false), SURE);
        return;
      }
    }
    this.#page.act(this, act);
  }

  #ask(asks) {
    clearTimeout(this.#sure);
    this.#sure = 0;
    const button = this.element.querySelector('[data-act="remove"]');
    const text = this.#page.words.say(asks ? "remove_sure" : "remove");
    button.querySelector("span").textContent = text;
    button.dataset.variant = asks ? "danger" : "quiet";
    if (asks) this.#page.announce(this.#page.words.say("remove_question", { name: this.name }));
  }

  paint() {
    const state = this.state;
    const { acknowledged, size } = this;
    const onTheWay = this.stage === null ? (this.sender?.onTheWay ?? 0) : 0;
    const of = (bytes) => (size ? Math.min(1, bytes / size) : 0);
    const looking = state === "looking";
    const share = looking ? this.sender.looked : of(acknowledged);
    this.#set("state", state, () => {
      this.element.dataset.state = state;
      const isRefused = state === "failed" && REFUSED.includes(this.sender.code);
      this.#buttons(ACTS[isRefused ? "refused" : state] ?? []);
    });
    this.#set("unmade", this.stage?.status === "failed", (isUnmade) => this.element.toggleAttribute("data-unmade", isUnmade));
    const bar = this.part("bar");
    this.#set("share", share, () => bar.style.setProperty("--acknowledged", String(share)));
    this.#set("sent", of(acknowledged + onTheWay), (sent) => bar.style.setProperty("--sent", String(sent)));
    this.#set("percent", Math.floor(share * 100), (percent) => bar.setAttribute("aria-valuenow", String(percent)));
    this.#set("bar", STILL.includes(state) && acknowledged === 0, (isHidden) => (bar.hidden = isHidden));
    figures(this.part("figures"), this.#figures(state, onTheWay));
    // There is nothing to say about a film that is none.
    this.#set("about", state === "expired" || (state === "failed" && !this.video && !this.details.isDirty), (isHidden) => (this.part("about").hidden = isHidden));
    const status = this.#status(state, share);
    this.#set("status", status, () => {
      this.part("status").textContent = status;
      if (status) bar.setAttribute("aria-valuetext", status);
      else bar.removeAttribute("aria-valuetext");
    });
    this.#set("link", this.#link(state), (link) => {
      const anchor = this.part("link");
      anchor.hidden = !link;
      if (!link) return;
      const [to, text, beside] = link.split("\n");
      anchor.href = to;
      anchor.querySelector("span").textContent = text;
      // Chosen files do not outlive the page.
      if (beside) anchor.target = "_blank";
      else anchor.removeAttribute("target");
    });
  }

  /** What has not changed is not written again: a screen reader would read it again. */
  #set(what, value, act) {
    if (this.#shown[what] === value) return;
    this.#shown[what] = value;
    act(value);
  }

  #buttons(acts) {
    const pressed = document.activeElement?.closest("[data-act]");
    if (this.#sure) this.#ask(false);
    for (const button of this.element.querySelectorAll("[data-act]")) button.hidden = !acts.includes(button.dataset.act);
    // While somebody else sends it there is no need to.
    const choose = this.element.querySelector('[data-act="choose"]');
    choose.dataset.variant = this.state === "elsewhere" ? "quiet" : "primary";
    // The button that was pressed may be gone: the next one takes its place.
    if (pressed?.hidden && this.element.contains(pressed)) this.focus();
  }

  #figures(state, onTheWay) {
    const { words } = this.#page;
    if (this.size === null) return [];
    const said = [words.size(this.size)];
    if (this.stage !== null || state === "looking" || (STILL.includes(state) && this.acknowledged === 0)) return said;
    said.push(words.percent(this.acknowledged / this.size));
    const speed = this.sender?.speed ?? 0;
    if (state === "sending" && speed > 0) {
      const left = ((this.size - this.acknowledged - onTheWay) / speed) * 1000;
      said.push(words.speed(speed), words.say("left", { time: words.time(left) }));
    }
    return said;
  }

  #status(state, share) {
    const { words } = this.#page;
    const code = this.sender?.code;
    switch (state) {
      case "sending":
        return "";
      case "looking":
        return words.say("looking", { percent: words.percent(share) });
      case "twice":
        return words.say("twice", { title: this.sender.known.title });
      case "watching":
        return words.say("resting_elsewhere");
      case "resting": {
        const time = words.time(Math.max(1000, this.sender.until - performance.now()));
        return words.say(words.has(`resting_${code}`) ? `resting_${code}` : "resting", { time });
      }
      case "failed":
      case "unreadable":
        return words.say(code);
      case "waiting": {
        const waiting = words.say("waiting", { name: this.name, percent: words.percent(share) });
        return this.expires === null ? waiting : `${waiting} ${words.say("until", { time: words.moment(this.expires) })}`;
      }
      case "expired":
        return words.say("expired", { name: this.name });
      case "done":
        return this.#stage();
      default:
        return words.has(state) ? words.say(state) : "";
    }
  }

  /** After the last byte. */
  #stage() {
    const { words } = this.#page;
    const { status, playable, waiting, stage, progress = 0, error } = this.stage;
    if (status === "completed") return words.say("stage_completed");
    if (status === "failed") return `${words.say("stage_failed")} ${error ? words.say(`failed_${error}`, {}, "failed_engine") : ""}`.trim();
    if (waiting) return words.say(`stage_waiting_${waiting}`, {}, "stage_queued");
    if (playable) return words.say("stage_playable", { percent: words.percent(progress) });
    if (MADE.includes(stage)) return words.say("stage_running", { percent: words.percent(progress) });
    return words.say(stage === "probing" ? "stage_probing" : "stage_queued");
  }

  #link(state) {
    const { words } = this.#page;
    // Nothing while films have no page of their own.
    const { watch } = this.#page.dataset;
    if (watch && state === "twice") return `${watch}${this.sender.known.video}\n${words.say("see_known")}`;
    if (this.isLoggedOut) return `${this.#page.dataset.login}\n${words.say("log_in")}\nbeside`;
    if (watch && (this.stage?.status === "completed" || this.stage?.playable)) return `${watch}${this.video}\n${words.say("see")}`;
    return "";
  }
}

/** Ids of a template become ids of this card, and what points to them follows. */
function unique(element, number) {
  const ids = new Set([...element.querySelectorAll("[id]")].map((inside) => inside.id));
  for (const inside of element.querySelectorAll("*")) {
    for (const name of ["id", "for", "aria-describedby", "aria-labelledby", "aria-controls"]) {
      const value = inside.getAttribute(name);
      if (value === null) continue;
      const mapped = value.split(" ").map((id) => (ids.has(id) ? `${id}-${number}` : id));
      inside.setAttribute(name, mapped.join(" "));
    }
  }
}
