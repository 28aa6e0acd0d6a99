// Makes the shell quicker where scripts run: the theme changes in place, sentences in passing
// come and go, arrows walk through menus, a value is copied. Every page works without it, and
// none of it is worth waiting for wasm.
import { copy } from "./copy.js";
import { chooseTheme } from "./theme.js";
import { dismiss, say } from "./toasts.js";
import { guard, reveal } from "./forms.js";
import { walk } from "./menus.js";

const root = document.documentElement;
// CSS shows what only scripts can do (`.needs-scripts`).
root.dataset.scripts = "";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.preference === "theme" && event.submitter?.value) {
    event.preventDefault();
    chooseTheme(form, event.submitter.value);
  }
});

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-dismiss], [data-copy], [data-reveal], [data-say], [command='show-modal']");
  if (!target) return;
  if ("dismiss" in target.dataset && target.closest("#toasts")) {
    event.preventDefault();
    dismiss(target.closest(".toast"));
  } else if ("copy" in target.dataset) {
    copy(target.dataset.copy).then(
      () => say({ text: target.dataset.copied, tone: "good" }),
      // Not allowed to, or not by https: the value is selected instead, ready to be taken.
      () => getSelection().selectAllChildren(target.closest(".copyable").querySelector("code")),
    );
  } else if ("reveal" in target.dataset) {
    reveal(target);
  } else if ("say" in target.dataset) {
    say({ text: target.dataset.say, tone: target.dataset.tone });
  } else if (!("command" in HTMLButtonElement.prototype)) {
    // A browser that does not know commands yet.
    document.getElementById(target.getAttribute("commandfor"))?.showModal();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
    const field = [...document.querySelectorAll("input[name=q]")].find((input) => input.checkVisibility());
    if (field) {
      event.preventDefault();
      field.select();
      field.focus();
    }
    return;
  }
  walk(event);
});

guard();

// What islands and live events have to say.
document.addEventListener("kadr:toast", (event) => say(event.detail));

for (const toast of document.querySelectorAll("#toasts .toast")) say(toast);
