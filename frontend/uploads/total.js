// All files together: a bar, what is left, and how far it is in the title of the page.
import { figures } from "./figures.js";

export class Total {
  #place;
  #words;

  /** @param {(name: string) => HTMLElement} part of the page */
  constructor(part, words) {
    this.#place = { total: part("total"), bar: part("total-bar"), figures: part("total-figures") };
    this.#words = words;
  }

  /** Answers which share of all that runs is there; nothing when nothing runs. */
  paint(cards) {
    const sent = cards.filter(({ sender, stage, isLoggedOut }) => sender && (stage !== null || sender.isUnderWay || sender.state === "paused" || isLoggedOut));
    const left = sent.filter(({ stage }) => stage === null);
    const all = sum(sent, ({ size }) => size);
    const there = sum(sent, ({ acknowledged }) => acknowledged);
    const share = all > 0 ? there / all : 0;
    const { total } = this.#place;
    total.hidden = sent.length < 2 || left.length === 0;
    if (!total.hidden) this.#show(left, all, there, share);
    return left.some(({ sender }) => sender.isUnderWay) ? share : null;
  }

  #show(left, all, there, share) {
    const words = this.#words;
    const onTheWay = sum(left, ({ sender }) => sender.onTheWay);
    const { total, bar } = this.#place;
    bar.style.setProperty("--acknowledged", String(share));
    bar.style.setProperty("--sent", String((there + onTheWay) / all));
    bar.setAttribute("aria-valuenow", String(Math.floor(share * 100)));
    const speed = sum(left, ({ sender }) => sender.speed);
    const said = [words.count("files_left", left.length), `${words.size(there)} / ${words.size(all)}`];
    if (speed > 0) said.push(words.speed(speed), words.say("left", { time: words.time(((all - there - onTheWay) / speed) * 1000) }));
    figures(this.#place.figures, said);
    total.querySelector('[data-all="pause"]').hidden = !left.some(({ sender }) => sender.isUnderWay && sender.state !== "twice");
    total.querySelector('[data-all="resume"]').hidden = !left.some((card) => card.isStopped);
  }
}

function sum(all, of) {
  return all.reduce((total, one) => total + (of(one) ?? 0), 0);
}
