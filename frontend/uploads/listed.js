// What the server knows: uploads of another day or device, what others send just now, and what
// becomes of videos after their last byte.
import { call } from "./calls.js";
import { isOurs } from "./fingerprint.js";
import { Kept } from "./kept.js";
import { rest } from "./rest.js";

/** What changes so shortly after something else is done with it. */
const SOON = 300;
const AGAIN = 5000;
/** Videos that are asked about at once. */
const MOST = 100;

export class Listed {
  #page;
  #kept;
  #follow = null;
  #stopFollowing = null;
  #followed = "";
  #failures = 0;
  #listening = 0;
  #asking = 0;
  /** Done when the list has come, or could not be had. */
  ready = null;
  /** The list has come: what is not on it is new. */
  hasCome = false;

  constructor(page) {
    this.#page = page;
    let storage;
    try {
      storage = localStorage;
    } catch {
      // Forbidden: then nobody is told what ran out.
    }
    this.#kept = new Kept(storage, page.dataset.who);
  }

  /** The unfinished uploads, also those of another day or device. */
  load() {
    this.ready = this.#load();
    return this.ready;
  }

  async #load() {
    const page = this.#page;
    let uploads;
    try {
      ({ uploads } = await call("unfinished"));
    } catch (fault) {
      // The page works without the list; it comes when the network does.
      if (fault.passes) rest(Math.max(fault.after, AGAIN)).then(() => this.load());
      return;
    }
    this.hasCome = true;
    const flows = new Set(uploads.map(({ flow }) => flow));
    const over = this.#kept.compare(uploads, Date.now());
    for (const card of [...page.cards]) {
      if (!card.sender && card.flow && card.stage === null && !flows.has(card.flow)) this.#isGone(card);
    }
    for (const upload of uploads) this.#know(upload);
    this.listen();
    page.repaint();
    if (over.length > 0) await this.#tell(over);
  }

  #know(upload) {
    const page = this.#page;
    if (page.leaving.has(upload.flow)) return;
    const card = page.byFlow(upload.flow);
    if (!card) {
      const { title, description, tags, visibility } = upload;
      const added = page.add({
        name: upload.name,
        size: upload.length,
        flow: upload.flow,
        video: upload.video,
        offset: upload.offset,
        expires: upload.expires_at,
        print: upload.fingerprint,
        isOurs: isOurs(upload.fingerprint) && upload.length !== null,
        details: { title, description, tags, visibility },
      });
      if (upload.receiving) added.hearOthers(upload.offset, true);
    } else if (!card.sender) {
      card.expires = upload.expires_at;
      card.offset = Math.min(card.offset, upload.offset);
      card.hearOthers(upload.offset, upload.receiving);
    }
  }

  /** An upload that nobody sends here is not there any more. */
  #isGone(card) {
    if (card.isExpired) return;
    if (card.expires !== null && card.expires <= Date.now()) card.expire();
    else this.#page.drop(card);
  }

  /** Says which uploads of another day have run out, unless they have become videos. */
  async #tell(over) {
    const page = this.#page;
    try {
      const { sent } = await call("page", { sent: over.slice(0, MOST).map(({ video }) => video).join(",") });
      for (const { flow, video, name } of over) {
        if (sent.some((one) => one.video === video) || page.byFlow(flow)) continue;
        page.add({ name, size: null, flow, video: null }).expire();
      }
    } catch {
      // It was not important enough to ask again.
    }
  }

  /** It was given up here. */
  forget(flow) {
    this.#kept.forget(flow);
  }

  /** Many files may arrive within one moment: they are one reason to listen anew. */
  listen() {
    this.#listening ||= setTimeout(() => {
      this.#listening = 0;
      this.#follows();
    }, SOON);
  }

  /** Follows what happens while there is something that could change by itself. */
  async #follows() {
    const page = this.#page;
    const moving = page.cards.filter((card) => card.flow !== null && !card.isFinal);
    const videos = moving.filter(({ stage }) => stage !== null).map(({ video }) => video);
    const wanted = moving.length === 0 ? "" : `mine ${videos.sort().join(",")}`;
    if (wanted === this.#followed) return;
    this.#followed = wanted;
    try {
      // What could not be had once some browsers do not try again under the same name.
      const name = this.#failures === 0 ? page.dataset.live : `${page.dataset.live}?${this.#failures}`;
      this.#follow ??= (await import(name)).follow;
    } catch {
      // Until then the page shows what it does itself.
      this.#followed = null;
      this.#failures += 1;
      await rest(AGAIN * this.#failures);
      this.listen();
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
      const open = this.#page.cards.filter((card) => card.stage !== null && card.video && !card.isFinal);
      if (open.length === 0) return;
      try {
        const { sent } = await call("page", { sent: open.slice(0, MOST).map(({ video }) => video).join(",") });
        for (const { video, ...how } of sent) for (const card of open) if (card.video === video) this.#hearVideo(card, how);
      } catch {
        // Events tell the rest.
      }
    }, 2 * SOON);
  }

  #hear(event) {
    const page = this.#page;
    const isNew = ({ flow, video }) => video && !page.byFlow(flow) && !page.leaving.has(flow);
    switch (event.type) {
      case "snapshot": {
        const uploads = event.uploads ?? [];
        const flows = new Set(uploads.map(({ flow }) => flow));
        const isOver = page.cards.some((card) => !card.sender && card.flow && card.stage === null && !card.isExpired && !flows.has(card.flow));
        for (const upload of uploads) this.#hearUpload(upload);
        for (const job of event.jobs ?? []) this.#hearJob(job);
        if (isOver || uploads.some(isNew)) this.load();
        this.#askStages();
        break;
      }
      case "upload":
        // One that began elsewhere, just now; those of this page are known before.
        if (isNew(event) && event.status === "uploading" && !page.cards.some(({ sender }) => sender?.isRunning)) this.load();
        else this.#hearUpload(event);
        break;
      case "video":
        for (const card of [...page.cards]) if (card.video === event.id) this.#hearVideo(card, event);
        break;
      case "progress":
        this.#hearProgress(event);
        break;
      case "job":
        this.#hearJob(event);
        break;
      default:
        break;
    }
  }

  #hearUpload({ flow, status = "uploading", offset, receiving }) {
    const page = this.#page;
    const card = page.byFlow(flow);
    // Of its own files the page knows more than events tell.
    if (!card || card.stage !== null || card.sender) return;
    if (status === "uploading") {
      card.hearOthers(offset, receiving);
    } else if (status === "uploaded") {
      card.stage = { status: "processing" };
      page.announce(page.words.say("arrived", { name: card.name }));
      this.listen();
    } else if (status === "abandoned") {
      this.#isGone(card);
    }
    page.repaint(card);
  }

  #hearVideo(card, { status, error, playable, removed, stage, progress }) {
    const page = this.#page;
    if (removed) {
      // Of an upload that ran out it goes along; that is said.
      if (card.stage !== null) page.drop(card);
      else if (!card.sender) this.#isGone(card);
      return;
    }
    if (card.stage === null) return;
    const more = stage === undefined ? {} : { stage, progress };
    card.stage = { ...card.stage, ...more, status: status === "pending" ? "processing" : status, error, playable };
    page.repaint(card);
    this.listen();
  }

  /** What one of its jobs waits for is said until one of them runs. */
  #hearJob({ video, state, waiting_for: waiting = null }) {
    if (state === "queued" && waiting === null) return;
    for (const card of this.#after(video)) {
      card.stage = { ...card.stage, waiting };
      this.#page.repaint(card);
    }
  }

  #hearProgress({ id, stage, progress }) {
    for (const card of this.#after(id)) {
      card.stage = { ...card.stage, stage, progress };
      this.#page.repaint(card);
    }
  }

  /** Cards of this video that have every byte. */
  #after(id) {
    return this.#page.cards.filter(({ video, stage }) => id && video === id && stage !== null);
  }
}
