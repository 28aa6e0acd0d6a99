// What a form gains from scripts: a password can be looked at, and what was written is not
// lost by leaving the page.

/** Shows or hides what is in the field of a `data-reveal` button. */
export function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  if (!field) return;
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}

/** Whether what is in the form is not what the server put there. */
export function isChanged(form) {
  return [...form.elements].some((control) => {
    if (control.type === "hidden" || control.type === "submit" || control.type === "button") return false;
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    if (control.options) return [...control.options].some((option) => option.selected !== option.defaultSelected);
    return control.value !== control.defaultValue;
  });
}

let leaving = false;

/** Asks before a page is left whose `data-guard` form was changed and not sent. */
export function guard() {
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) {
      // What another form of the page does loses what is written here all the same.
      leaving = "guard" in event.target.dataset;
      // A password does not stay readable in the memory of the browser's fields.
      for (const field of event.target.querySelectorAll(".secret input[type=text]")) field.type = "password";
    }
  });
  addEventListener("beforeunload", (event) => {
    if (!leaving && [...document.querySelectorAll("form[data-guard]")].some(isChanged)) event.preventDefault();
  });
  // Come back by the browser's memory: it counts anew.
  addEventListener("pageshow", () => {
    leaving = false;
  });
}
