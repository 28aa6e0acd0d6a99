// From files to cards: a file that was chosen gets a card, or is recognised as the one that a
// card has been waiting for.
import { readable } from "./files.js";
import { fingerprint, isFileOf, refuse, weak } from "./fingerprint.js";
import { Hashing } from "./hashing.js";
import { clean, stem } from "./name.js";
import { Fault } from "./tus.js";

export class Chosen {
  #page;
  #prints;

  constructor(page, hasher) {
    this.#page = page;
    this.#prints = new Hashing(hasher);
  }

  /** Files that were chosen, dropped or pasted. */
  async take(files) {
    const page = this.#page;
    const kept = files.filter((file) => file.size > 0);
    page.complain(kept.length < files.length ? "upload_empty" : null);
    if (kept.length === 0) return;
    page.world.ask(kept.map((file) => file.size));
    page.announce(page.words.count("taken", kept.length));
    const cards = kept.map((file) => {
      const details = { title: stem(file.name), visibility: page.dataset.visibility };
      const card = page.add({ name: clean(file.name), size: file.size, details });
      card.isPreparing = true;
      card.paint();
      return card;
    });
    if (cards.length === 1) cards[0].element.querySelector("details").open = true;
    // What could go on has to be known before anything begins anew.
    await page.listed.ready;
    for (const [at, file] of kept.entries()) await this.#prepare(cards[at], file);
  }

  /** Looks at the file of a new card: perhaps it is one that could go on. */
  async #prepare(card, file) {
    const page = this.#page;
    const print = await this.#print(file);
    if (!page.cards.includes(card)) return;
    const same = page.cards.find((other) => other !== card && other.print && other.stage === null && !other.isExpired && isFileOf(file, print, other.print));
    if (!same) {
      card.isPreparing = false;
      card.print = print;
      page.send(card, file);
      return;
    }
    const held = card.element.contains(document.activeElement);
    page.drop(card);
    if (held) same.focus();
    if (same.sender?.isUnderWay) page.announce(page.words.say("running_already", { name: file.name }));
    else page.send(same, file);
  }

  async #print(file) {
    try {
      return await fingerprint(file, (blob, parts) => this.#prints.hash(blob, parts));
    } catch {
      // Nothing hashes here, or the file cannot be read; that shows when it is sent.
      return weak(file);
    }
  }

  /** The same file was chosen for an upload that stopped; another one is refused. */
  async goOn(card, file) {
    const page = this.#page;
    page.complain(null);
    try {
      if (file.size !== card.size) throw new Fault("other_file");
      if (!(await readable(file, 0))) throw new Fault("file_unreadable");
      if (!card.print) throw new Fault("unhashed");
      refuse(file, await this.#print(file), card.print);
    } catch (fault) {
      page.complain(fault.code ?? "failed", { name: card.name });
      return;
    }
    page.send(card, file);
  }
}
