// Finds the islands of a page and starts each one.
//
// An island is a <leptos-island data-component="name"> for which the glue exports a function
// of that name. Islands start from the outside in, one after the other. What a page passed
// into an island stands in a <leptos-children>; the outer island hangs a function on it
// (`$$on_hydrate`) that brings back its reactive owner, and that must run right before each
// island inside starts, so that the inner one sees the contexts of the outer one.

const ISLAND = "leptos-island";
const CHILDREN = "leptos-children";

/**
 * @param {Element} node where to look, itself included
 * @param {Record<string, unknown>} glue the module with one function for each island
 * @param {(() => void) | undefined} enter goes into the owner of the island around, if any
 */
export async function wake(node, glue, enter = undefined) {
  if (node.localName === ISLAND) {
    await startIsland(node, glue, enter);
  }
  const inner = node.localName === CHILDREN ? node.$$on_hydrate : enter;
  // A copy: starting an island may change the list we walk.
  for (const child of [...node.children]) {
    await wake(child, glue, inner);
  }
}

async function startIsland(node, glue, enter) {
  const island = glue[node.dataset.component];
  if (typeof island !== "function") {
    console.warn(`This build knows no island named ${node.dataset.component}.`);
    return;
  }
  enter?.();
  await island(node);
}
