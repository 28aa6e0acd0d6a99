// <kadr-avatar>: a picture is chosen, dropped, pasted or shot, cut to a square with mouse,
// fingers or keys, and sent with the square. The page comes from the server with everything
// it says (app/src/accounts/avatar/); without scripts it is a file field.
import { isTaken, open, paint, shot } from "./photo.js";
import { send } from "./send.js";
import { Square, between } from "./square.js";

/** One press of an arrow moves by this much of the square; with Shift, by one pixel. */
const STEP = 0.05;
const ZOOM_STEP = 1.15;
/** What is said while one moves is said when one rests. */
const REST = 400;

class KadrAvatar extends HTMLElement {
  #square;
  #file;
  #url;
  #stream;
  #saying;
  #busy = false;
  #pointers = new Map();

  connectedCallback() {
    this.texts = JSON.parse(this.dataset.texts);
    this.window = this.part("window");
    this.photo = this.part("photo");
    const acts = {
      choose: () => this.part("file").click(),
      camera: () => this.camera(),
      shoot: () => this.shoot(),
      back: () => this.back(),
      send: () => this.send(),
    };
    this.addEventListener("click", (event) => acts[event.target.closest("[data-act]")?.dataset.act]?.());
    // It is there from the beginning, so that nothing moves where most people have one.
    this.querySelector("[data-act=camera]").hidden = !navigator.mediaDevices?.getUserMedia;
    this.part("file").addEventListener("change", ({ target }) => {
      this.take(target.files[0]);
      // The same file may be chosen again.
      target.value = "";
    });
    this.listenToFiles();
    this.listenToWindow();
    this.part("zoom").addEventListener("input", ({ target }) => this.change(() => (this.#square.level = Number(target.value))));
    addEventListener("resize", () => this.paint());
    addEventListener("pagehide", () => this.stopCamera());
    // Back from the next page, which the browser kept as it was: sending.
    addEventListener("pageshow", () => this.sending(null));
  }

  part(name) {
    return this.querySelector(`[data-part="${name}"]`);
  }

  // From a file to an open picture ------------------------------------------------------

  listenToFiles() {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragover", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      this.dataset.over = "";
    });
    addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) delete this.dataset.over;
    });
    addEventListener("drop", (event) => {
      delete this.dataset.over;
      if (!holdsFiles(event)) return;
      // Dropped beside it, it would take the place of the page.
      event.preventDefault();
      this.take(event.dataTransfer.files[0]);
    });
    document.addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])][0];
      if (file) {
        event.preventDefault();
        this.take(file);
      }
    });
  }

  async take(file) {
    if (!file || this.#busy) return;
    this.complain(null);
    this.stopCamera();
    let url;
    try {
      url = await open(file, this.photo);
    } catch (fault) {
      this.show("choose");
      this.complain(fault.message);
      this.querySelector("[data-act=choose]").focus();
      return;
    }
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = url;
    this.#file = file;
    this.#square = new Square(this.photo.naturalWidth, this.photo.naturalHeight);
    for (const preview of this.querySelectorAll("[data-part=preview]")) preview.src = url;
    this.show("cut");
    this.paint();
    this.window.focus();
    this.say(this.texts.opened);
  }

  back() {
    this.stopCamera();
    this.complain(null);
    this.show("choose");
    this.querySelector("[data-act=choose]").focus();
  }

  show(part) {
    for (const name of ["choose", "shoot", "cut"]) this.part(name).hidden = name !== part;
    this.dataset.showing = part;
  }

  // Camera ------------------------------------------------------------------------------

  async camera() {
    this.complain(null);
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 960 } },
      });
    } catch (fault) {
      const codes = { NotAllowedError: "camera_refused", SecurityError: "camera_refused", NotFoundError: "camera_none" };
      this.complain(codes[fault.name] ?? "camera_busy");
      return;
    }
    const viewfinder = this.part("viewfinder");
    viewfinder.srcObject = this.#stream;
    this.show("shoot");
    this.querySelector("[data-act=shoot]").focus();
    await viewfinder.play();
  }

  async shoot() {
    const viewfinder = this.part("viewfinder");
    if (!viewfinder.videoWidth) return;
    try {
      await this.take(await shot(viewfinder));
    } catch (fault) {
      this.complain(fault.message);
    }
  }

  stopCamera() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.part("viewfinder").srcObject = null;
  }

  // The window: what is inside is shown ---------------------------------------------------

  listenToWindow() {
    const { window: frame } = this;
    frame.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      frame.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, event);
    });
    frame.addEventListener("pointermove", (event) => this.pointerMoved(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      frame.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
    frame.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const [u, v] = this.within(event);
        // Lines or pages instead of pixels: a notch is about a hundred pixels.
        const notch = event.deltaMode === 0 ? event.deltaY : Math.sign(event.deltaY) * 100;
        this.change(() => this.#square.zoomBy(Math.exp(-between(notch, -300, 300) / 500), u, v));
      },
      { passive: false },
    );
    frame.addEventListener("keydown", (event) => this.pressed(event));
  }

  pointerMoved(event) {
    const before = this.#pointers.get(event.pointerId);
    if (!before || !this.#square) return;
    const scale = this.#square.side / this.window.clientWidth;
    const others = [...this.#pointers.values()].filter((other) => other.pointerId !== event.pointerId);
    const count = others.length + 1;
    const distance = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    this.change(() => {
      // Each finger moves the middle between them by its share.
      this.#square.move(((before.clientX - event.clientX) * scale) / count, ((before.clientY - event.clientY) * scale) / count);
      if (others.length > 0) {
        const [u, v] = this.within({
          clientX: (event.clientX + others[0].clientX) / 2,
          clientY: (event.clientY + others[0].clientY) / 2,
        });
        this.#square.zoomBy(distance(event, others[0]) / Math.max(1, distance(before, others[0])), u, v);
      }
    });
    this.#pointers.set(event.pointerId, event);
  }

  /** Where in the window something is, 0 to 1. */
  within({ clientX, clientY }) {
    const box = this.window.getBoundingClientRect();
    return [between((clientX - box.left) / box.width, 0, 1), between((clientY - box.top) / box.height, 0, 1)];
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? 1 : this.#square.side * STEP;
    const acts = {
      ArrowLeft: () => this.#square.move(-step, 0),
      ArrowRight: () => this.#square.move(step, 0),
      ArrowUp: () => this.#square.move(0, -step),
      ArrowDown: () => this.#square.move(0, step),
      "+": () => this.#square.zoomBy(ZOOM_STEP),
      "=": () => this.#square.zoomBy(ZOOM_STEP),
      "-": () => this.#square.zoomBy(1 / ZOOM_STEP),
      _: () => this.#square.zoomBy(1 / ZOOM_STEP),
    };
    if (event.key === "Enter") {
      event.preventDefault();
      this.send();
    } else if (acts[event.key]) {
      event.preventDefault();
      this.change(acts[event.key]);
    }
  }

  change(act) {
    if (!this.#square || this.#busy) return;
    act();
    this.paint();
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => this.sayWhere(), REST);
  }

  paint() {
    const square = this.#square;
    if (!square) return;
    for (const image of this.querySelectorAll("[data-part=photo], [data-part=preview]")) {
      const scale = image.parentElement.clientWidth / square.side;
      image.style.width = `${square.width * scale}px`;
      image.style.height = `${square.height * scale}px`;
      image.style.transform = `translate(${-square.x * scale}px, ${-square.y * scale}px)`;
    }
    const zoom = this.part("zoom");
    zoom.value = square.level;
    zoom.disabled = square.smallest === square.largest;
  }

  sayWhere() {
    const { x, y, side, width, height, largest } = this.#square;
    const share = (at, room) => (room > 0 ? Math.round((at / room) * 100) : 0);
    const figures = { zoom: Math.round((largest / side) * 100), x: share(x, width - side), y: share(y, height - side) };
    this.say(this.texts.said.replace(/\{(\w+)\}/g, (_, name) => figures[name]));
  }

  say(text) {
    this.part("said").textContent = text;
  }

  // To the server -------------------------------------------------------------------------

  async send() {
    if (this.#busy || !this.#square) return;
    this.complain(null);
    this.sending(0);
    try {
      const crop = this.#square.whole();
      const tooMuch = this.#file.size > Number(this.dataset.bytes) || this.#square.width * this.#square.height > Number(this.dataset.pixels);
      const painted = tooMuch || !(await isTaken(this.#file));
      const picture = painted ? await paint(this.photo, crop) : { file: this.#file, crop };
      await send(this.dataset.action, picture.file, picture.crop, (share) => this.sending(share));
    } catch (fault) {
      this.sending(null);
      // The draft is over, or whoever sat here is logged out: no other try helps.
      const elsewhere = { registration_gone: this.dataset.gone, not_logged_in: this.dataset.login }[fault.message];
      if (elsewhere) return location.assign(elsewhere);
      this.complain(fault.message);
      this.window.focus();
      return;
    }
    this.sending(null);
    location.assign(this.dataset.next);
  }

  /** How much is sent, 0 to 1; nothing when nothing is. */
  sending(share) {
    this.#busy = share !== null;
    const progress = this.part("progress");
    const bar = progress.querySelector("progress");
    progress.hidden = !this.#busy;
    for (const button of this.part("cut").querySelectorAll("button")) button.disabled = this.#busy;
    // All is there, and is worked on: how long, nobody knows.
    if (share === null || share >= 1) bar.removeAttribute("value");
    else bar.value = share;
    this.part("figure").textContent = share === null || share >= 1 ? "" : `${Math.floor(share * 100)}\u00a0%`;
  }

  /** Says what is wrong, by its code; nothing when nothing is. */
  complain(code) {
    const place = this.part("problem");
    if (code === null) {
      place.replaceChildren();
      return;
    }
    const alert = this.part("alert").content.cloneNode(true);
    alert.querySelector("strong").textContent = this.texts[code] ?? this.texts.failed;
    place.replaceChildren(alert);
  }
}

customElements.define("kadr-avatar", KadrAvatar);
