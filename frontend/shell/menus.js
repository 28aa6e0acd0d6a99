// Arrow keys in a menu. Opening, closing and giving the focus back is the browser's.

/** Where the focus goes from place `at` of `count`; undefined when the key is not ours. */
export function next(key, at, count) {
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return at <= 0 ? count - 1 : at - 1;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return undefined;
  }
}

const ITEMS = "a[href], button:not(:disabled)";

/** @param {KeyboardEvent} event */
export function walk(event) {
  const opener = event.target.closest?.("[popovertarget]");
  let menu = event.target.closest?.(".menu");
  if (!menu && opener && event.key === "ArrowDown") {
    menu = document.getElementById(opener.getAttribute("popovertarget"));
    if (!menu?.matches(":popover-open")) menu?.showPopover({ source: opener });
  }
  if (!menu) return;
  const items = [...menu.querySelectorAll(ITEMS)];
  const to = next(event.key, items.indexOf(document.activeElement), items.length);
  if (to !== undefined && items.length > 0) {
    event.preventDefault();
    items[to].focus();
  }
}
