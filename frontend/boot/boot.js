// Wakes the islands of a page: loads the wasm and its glue when the page has an island,
// and nothing otherwise. Pages are complete without it.
//
// KADR_JS and KADR_WASM are put in by the build: the names of the two files beside this one,
// with their hashes.
import { wake } from "./islands.js";

/** Tests and styles can see that the islands answer now. */
function tell(state) {
  document.documentElement.dataset.islands = state;
}

async function start() {
  if (!document.querySelector("leptos-island")) {
    tell("none");
    return;
  }
  // Both downloads begin at once: the glue would ask for the wasm only after it has run.
  const binary = fetch(new URL(KADR_WASM, import.meta.url));
  // A failure is met below, where it is awaited; until then it is not "unhandled".
  binary.catch(() => {});
  const glue = await import(new URL(KADR_JS, import.meta.url).href);
  await glue.default({ module_or_path: binary });
  glue.hydrate();
  await wake(document.body, glue);
  tell("awake");
}

start().catch((fault) => {
  // The page goes on as plain HTML, which is all it needs.
  tell("asleep");
  console.error("The islands of this page could not start.", fault);
});
