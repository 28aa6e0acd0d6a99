// While something is on its way the page stays: links open beside it, leaving asks first, the
// screen of a phone stays awake, and the title tells how far it is.

export class Stay {
  #isRunning;
  #wouldLose;
  #title = document.title;
  #lock = null;
  #asking = false;

  /**
   * @param {() => boolean} isRunning something moves
   * @param {() => boolean} wouldLose something would break off or not be saved
   */
  constructor(isRunning, wouldLose) {
    this.#isRunning = isRunning;
    this.#wouldLose = wouldLose;
    addEventListener("beforeunload", (event) => {
      if (wouldLose()) event.preventDefault();
    });
    // Captured: also where a script of the shell takes the click.
    document.addEventListener("click", (event) => this.#beside(event), true);
    document.addEventListener("submit", (event) => this.#formBeside(event), true);
    document.addEventListener("visibilitychange", () => this.#wake());
  }

  /** Something changed: `share` of all that runs is done, 0 to 1, or nothing runs. */
  tell(share, percent) {
    document.title = share === null ? this.#title : `${percent} · ${this.#title}`;
    this.#wake();
  }

  #beside(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || !this.#wouldLose() || link.target || link.hasAttribute("download")) return;
    const to = new URL(link.href, location.href);
    // A place on this page is no way away from it.
    if (to.pathname === location.pathname && to.search === location.search && to.hash) return;
    if (!to.protocol.startsWith("http")) return;
    const held = link.relList.contains("noopener");
    link.target = "_blank";
    link.relList.add("noopener");
    // Only for this time: later it may lead away again.
    setTimeout(() => {
      link.removeAttribute("target");
      if (!held) link.relList.remove("noopener");
    }, 0);
  }

  /** A search is a link with a word in it. */
  #formBeside(event) {
    const form = event.target;
    if (!this.#wouldLose() || form.target || form.method !== "get") return;
    form.target = "_blank";
    setTimeout(() => form.removeAttribute("target"), 0);
  }

  async #wake() {
    if (!this.#isRunning() || document.hidden) {
      if (!this.#isRunning()) {
        this.#lock?.release().catch(() => {});
        this.#lock = null;
      }
      return;
    }
    // The browser lets go of it whenever the page is hidden.
    if (this.#asking || (this.#lock && !this.#lock.released) || !navigator.wakeLock) return;
    this.#asking = true;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      // The battery is low, or nobody wants it: the upload goes on after the screen comes back.
    } finally {
      this.#asking = false;
    }
    if (!this.#isRunning()) this.#wake();
  }
}
