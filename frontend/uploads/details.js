// What is said about a video, kept as it is typed: title, description, tags, who may see it.
// Before the upload has begun there is no video yet; then it waits here.
import { call } from "./calls.js";

/** Typing rests for so long before it is kept. */
const REST = 700;
const AGAIN = 5000;

export class Details {
  #fields;
  #words;
  #saved;
  #edited = new Set();
  /** On their way, and not answered. */
  #sent = new Set();
  #stop = null;
  #timer = 0;
  #saving = null;
  #video = null;

  /**
   * @param {HTMLElement} place with the fields, and a line that tells what is kept
   * @param {Record<string, string>} values to begin with
   */
  constructor(place, words, values) {
    this.#words = words;
    this.#saved = place.querySelector('[data-part="saved"]');
    this.#fields = new Map([...place.querySelectorAll("[name]")].map((field) => [field.name, field]));
    for (const [name, field] of this.#fields) if (values[name] !== undefined) field.value = values[name];
    place.addEventListener("input", ({ target }) => this.#touched(target, REST));
    place.addEventListener("change", ({ target }) => this.#touched(target, 0));
    place.addEventListener("focusout", () => this.#edited.size > 0 && this.save());
  }

  /** Something is not kept yet, or nobody has said so. */
  get isDirty() {
    return this.#edited.size > 0 || this.#sent.size > 0;
  }

  value(name) {
    return this.#fields.get(name)?.value ?? "";
  }

  /** What goes along with the beginning of an upload: a private film is never public first. */
  get first() {
    const edited = (name) => (this.#edited.has(name) || this.#sent.has(name) ? this.value(name) : undefined);
    return { title: edited("title"), visibility: edited("visibility") };
  }

  /** From now on there is a video. */
  belongsTo(video) {
    if (!video || this.#video === video) return;
    this.#video = video;
    if (this.isDirty) this.save();
  }

  #touched(field, rest) {
    if (!this.#fields.has(field.name)) return;
    this.#edited.add(field.name);
    this.#tell("unsaved");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.save(), rest);
  }

  /** Keeps what was edited; `leaving`: the page may be gone before the answer. */
  async save(leaving = false) {
    clearTimeout(this.#timer);
    if (!this.#video || !this.isDirty) return;
    if (this.#saving && leaving) {
      // Nobody knows how far it came. All of it goes once more, after which nothing older comes.
      for (const name of this.#sent) this.#edited.add(name);
      this.#stop.abort();
    } else if (this.#saving) {
      await this.#saving;
      if (this.#edited.size > 0) this.#timer = setTimeout(() => this.save(), 0);
      return;
    }
    const saving = this.#send();
    this.#saving = saving;
    await saving;
    if (this.#saving === saving) this.#saving = null;
  }

  async #send() {
    const stop = new AbortController();
    this.#stop = stop;
    const sent = new Set(this.#edited);
    this.#sent = sent;
    this.#edited.clear();
    const values = { video: this.#video, edited: [...sent].join(",") };
    for (const name of sent) values[name] = this.value(name);
    try {
      // It arrives also when the page goes away meanwhile.
      await call("describe", values, { signal: stop.signal, keepalive: true });
      this.#answered(sent);
      for (const name of sent) this.#complain(name, null);
      if (!this.isDirty) this.#tell("saved");
    } catch (fault) {
      if (stop.signal.aborted) return;
      this.#answered(sent);
      if (Object.keys(fault.faults ?? {}).length > 0) {
        // The other fields were kept; this one is, once it is mended.
        for (const name of sent) this.#complain(name, fault.faults[name] ?? null);
        this.#tell("refused");
        return;
      }
      // The video is gone: there is nothing to describe.
      if (fault.status === 404) return;
      for (const name of sent) this.#edited.add(name);
      this.#tell("unsaved");
      this.#timer = setTimeout(() => this.save(), Math.max(AGAIN, fault.after ?? 0));
    }
  }

  #answered(sent) {
    if (this.#sent === sent) this.#sent = new Set();
  }

  #complain(name, code) {
    const field = this.#fields.get(name);
    if (!field) return;
    const line = field.closest(".field")?.querySelector(".error");
    if (code) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
    if (line) line.textContent = code ? this.#words.say(`fault_${code}`, {}, "fault_invalid") : "";
  }

  #tell(what) {
    if (this.#saved) this.#saved.textContent = this.#words.has(what) ? this.#words.say(what) : "";
  }
}
