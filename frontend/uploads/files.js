// How files come into the page: chosen, dropped anywhere (folders too), or pasted.

/** Files that systems leave about in folders. */
const LITTER = /^(\.|thumbs\.db$|desktop\.ini$)/i;

/** @param {HTMLElement} place which shows that something hovers over the page (`data-over`) */
export function listen(place, input, take) {
  input.addEventListener("change", () => {
    take([...input.files]);
    // The same file may be chosen again.
    input.value = "";
  });
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    place.dataset.over = "";
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) delete place.dataset.over;
  });
  addEventListener("drop", async (event) => {
    delete place.dataset.over;
    if (!holdsFiles(event)) return;
    // Dropped beside it, it would take the place of the page.
    event.preventDefault();
    take(await dropped(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0 || isForField(event, files)) return;
    event.preventDefault();
    take(files);
  });
}

/** Who writes pastes what can be written; a picture beside it comes from an office program. */
function isForField({ target, clipboardData }, files) {
  if (!target.closest?.("input, textarea, [contenteditable]")) return false;
  return clipboardData.types.some((type) => type.startsWith("text/")) || files.every(({ type }) => type.startsWith("image/"));
}

async function dropped(transfer) {
  // What is dropped has to be asked for at once, before anything is waited for.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.isFile) {
    if (!LITTER.test(entry.name)) {
      await new Promise((done) => entry.file((file) => done(found.push(file)), done));
    }
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // It answers with a part at a time, and with nothing at the end.
    const some = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (some.length === 0) return;
    for (const inside of some) await walk(inside, found);
  }
}

/** Whether the start of a file can be read: it may be gone, or on a stick that was pulled. */
export async function readable(file, at) {
  try {
    await file.slice(at, at + 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
