// Sentences in passing: said at the end of the page, gone after a while, never while somebody
// reads them with the pointer or the keyboard.

/** Longer sentences stay longer: 5 seconds, and 60 ms for each character. */
export const patience = (text) => 5000 + text.length * 60;

const MOST = 3;

const region = () => document.getElementById("toasts");

export function dismiss(toast) {
  if (!toast?.isConnected || "leaving" in toast.dataset) return;
  toast.dataset.leaving = "";
  const gone = () => toast.remove();
  toast.addEventListener("transitionend", gone, { once: true });
  setTimeout(gone, 400);
}

/**
 * @param {{text: string, tone?: string} | HTMLElement} what a sentence, or a toast of the page
 */
export function say(what) {
  const toast = what instanceof HTMLElement ? what : make(what);
  if (!toast) return;
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => dismiss(toast), patience(toast.textContent));
  };
  const hold = () => clearTimeout(timer);
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", wait);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", wait);
  wait();
}

function make({ text, tone = "neutral" }) {
  const template =
    document.querySelector(`template[data-toast="${CSS.escape(tone)}"]`) ??
    document.querySelector("template[data-toast=neutral]");
  if (!template || !text || !region()) return undefined;
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.querySelector(".text").textContent = text;
  const others = [...region().querySelectorAll(".toast:not([data-leaving])")];
  for (const old of others.slice(0, Math.max(0, others.length - MOST + 1))) dismiss(old);
  region().append(toast);
  return toast;
}
