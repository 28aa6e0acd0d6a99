// A line of figures. What stands between them is drawn by the style, and only between two that
// stand beside each other.

/** Shows these; what has not changed is not written again. */
export function figures(place, said) {
  const shown = [...place.children].map(({ textContent }) => textContent);
  if (shown.length === said.length && said.every((text, at) => text === shown[at])) return;
  place.replaceChildren(
    ...said.map((text) => {
      const one = document.createElement("span");
      one.textContent = text;
      return one;
    }),
  );
}
