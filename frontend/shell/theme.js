// The theme: changed in place at once, then told to the server, which remembers it.

/** The colour a browser paints around the page for a theme. */
export const frameColour = (theme, media, { light, dark }) =>
  theme === "auto" ? (media.includes("dark") ? dark : light) : theme === "dark" ? dark : light;

function show(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("form[data-preference=theme] button[name=theme]")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
    meta.content = frameColour(theme, meta.media, meta.dataset);
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {string} theme
 */
export function chooseTheme(form, theme) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (document.startViewTransition && !still) {
    document.startViewTransition(() => show(theme));
  } else {
    show(theme);
  }
  // Outlives the page, should one leave at once. If it fails the theme holds for this page.
  fetch(form.action, {
    method: "POST",
    body: new URLSearchParams({ theme }),
    headers: { Accept: "application/json" },
    keepalive: true,
  }).catch(() => {});
}
