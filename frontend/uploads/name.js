// The name of a file as the server will show it, and the title it makes of it: the rules of
// `FileName` in crates/domain/src/uploads/name.rs, with the same tests.

const UNNAMED = "video";
const MAX_LENGTH = 120;
const ENDING = /^[a-z0-9]{1,12}$/i;
/** What Windows does not take in a name. */
const UNTAKEN = /[:*?"<>|]/g;
/** What hides or turns the text around it. */
const INVISIBLE =
  /[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0\uFFF0-\uFFFB\u{E0000}-\u{E0FFF}]/gu;

/** Without folders, without anything that hides or turns text, of bounded length. */
export function clean(text) {
  const last = text.split(/[/\\]/).filter((part) => part.trim() !== "").at(-1) ?? "";
  const letters = [...last];
  const cut = Math.max(0, letters.length - MAX_LENGTH - 1);
  const shown = [...letters.slice(0, Math.min(cut, 3 * MAX_LENGTH)), ...letters.slice(cut)]
    .join("")
    .replace(/\p{White_Space}/gu, " ")
    .replace(/\p{Cc}/gu, "")
    .replace(INVISIBLE, "")
    .replace(UNTAKEN, "_");
  const words = shown.split(" ").filter((word) => word !== "");
  return shorten(words.join(" ").replace(/^[. ]+|[. ]+$/g, ""));
}

/** What a video is called until somebody says otherwise. */
export function stem(name) {
  const [before, ending] = parted(clean(name));
  return ending === undefined ? before : before.trimEnd();
}

/** Cuts in the middle, so that the ending stays. */
function shorten(name) {
  if (name === "") return UNNAMED;
  const letters = [...name];
  if (letters.length <= MAX_LENGTH) return name;
  const [before, ending] = parted(name);
  if (ending === undefined) return letters.slice(0, MAX_LENGTH).join("");
  return `${[...before].slice(0, MAX_LENGTH - ending.length - 1).join("").trimEnd()}.${ending}`;
}

function parted(name) {
  const dot = name.lastIndexOf(".");
  const ending = name.slice(dot + 1);
  return dot > 0 && ENDING.test(ending) ? [name.slice(0, dot), ending] : [name, undefined];
}
