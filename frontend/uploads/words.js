// Sizes, speeds and times as the reader's language writes them, and sentences of the catalogue
// with values in them.

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export class Words {
  #texts;
  #language;
  #plural;

  /** @param {Record<string, string>} texts @param {string} language of the page */
  constructor(texts, language) {
    this.#texts = texts;
    this.#language = language;
    this.#plural = new Intl.PluralRules(language);
  }

  /** A sentence, with what stands in braces filled in; `fallback` when there is none. */
  say(key, values = {}, fallback = "failed") {
    const text = this.#texts[key] ?? this.#texts[fallback] ?? "";
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** One of `key_one`, `key_few`, `key_many`, `key_other`. */
  count(key, count, values = {}) {
    const form = `${key}_${this.#plural.select(count)}`;
    return this.say(form in this.#texts ? form : `${key}_other`, { count: this.#number(count), ...values });
  }

  has(key) {
    return key in this.#texts;
  }

  size(bytes) {
    return this.#unit(bytes, 0, (unit) => unit);
  }

  speed(bytes) {
    return this.#unit(bytes, 1, (unit) => `${unit}-per-second`);
  }

  /** A point in time of the next days: "14:05", "tomorrow, 14:05". */
  moment(at, now = Date.now()) {
    const day = (ms) => new Date(ms).setHours(12, 0, 0, 0);
    const days = Math.round((day(at) - day(now)) / 86_400_000);
    const time = new Intl.DateTimeFormat(this.#language, { hour: "numeric", minute: "2-digit" }).format(at);
    if (days === 0) return time;
    if (days === 1) return `${new Intl.RelativeTimeFormat(this.#language, { numeric: "auto" }).format(1, "day")}, ${time}`;
    return new Intl.DateTimeFormat(this.#language, { day: "numeric", month: "long", hour: "numeric", minute: "2-digit" }).format(at);
  }

  percent(share) {
    return new Intl.NumberFormat(this.#language, { style: "percent", maximumFractionDigits: 0 }).format(Math.floor(share * 100) / 100);
  }

  /** How long, roughly: nobody waits by the second for an hour. */
  time(ms) {
    const seconds = Math.max(1, Math.round(ms / 1000));
    const parts =
      seconds < 60
        ? [[seconds < 10 ? seconds : Math.ceil(seconds / 5) * 5, "second"]]
        : seconds < 3570
          ? [[Math.ceil(seconds / 60), "minute"]]
          : [
              [Math.floor((seconds + 30) / 3600), "hour"],
              [Math.floor(((seconds + 30) % 3600) / 60), "minute"],
            ];
    return parts
      .filter(([value]) => value > 0)
      .map(([value, unit]) => this.#number(value, { style: "unit", unit, unitDisplay: "short" }))
      .join(" ");
  }

  #unit(bytes, least, name) {
    let [value, at] = [bytes / 1000 ** least, least];
    while (value >= 999.5 && at < UNITS.length - 1) {
      value /= 1000;
      at += 1;
    }
    const maximumFractionDigits = at === 0 || value >= 100 ? 0 : 1;
    // Bytes have no short form, and a plural.
    const unitDisplay = at === 0 ? "long" : "short";
    return this.#number(value, { style: "unit", unit: name(UNITS[at]), unitDisplay, maximumFractionDigits });
  }

  #number(value, options = {}) {
    return new Intl.NumberFormat(this.#language, options).format(value);
  }
}
