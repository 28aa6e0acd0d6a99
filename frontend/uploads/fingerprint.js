// What a file is known again by, on another day or device: `1:{size}:{time}:{name}:{content}`.
// Of the name only a hash travels, since names have no end; of the content the first and the
// last MiB count, and samples in between.
import { Fault } from "./tus.js";

const MIB = 1024 * 1024;
const SAMPLES = 16;
const SAMPLE = 64 * 1024;
const VERSION = "1";

/** The stretches of a file that are looked at. */
export function parts(size) {
  if (size <= 2 * MIB + SAMPLES * SAMPLE) return [[0, size]];
  const middle = size - 2 * MIB;
  const found = [[0, MIB]];
  for (let n = 0; n < SAMPLES; n += 1) {
    const from = MIB + Math.floor((n * (middle - SAMPLE)) / (SAMPLES - 1));
    found.push([from, from + SAMPLE]);
  }
  found.push([size - MIB, size]);
  return found;
}

/** @param hash answers the BLAKE3 of stretches of a blob, as hexadecimal digits */
export async function fingerprint(file, hash) {
  // The same letters, whichever way a system composes them.
  const name = await hash(new Blob([file.name.normalize("NFC")]));
  const content = await hash(file, parts(file.size));
  return [VERSION, file.size, file.lastModified, name.slice(0, 16), content].join(":");
}

/** Whether a page can tell a file by it. Programs leave other marks, or none. */
export function isOurs(print) {
  return typeof print === "string" && /^1:\d+:-?\d+:[0-9a-f]{16}:[0-9a-f]{64}$/.test(print);
}

/**
 * Whether it is the same file. Size and content have to be the same, and the name or the time:
 * a copy on another device often has a new time, and phones make up names.
 */
export function isSame(print, other) {
  if (!isOurs(print) || !isOurs(other)) return false;
  const [, size, time, name, content] = print.split(":");
  const [, otherSize, otherTime, otherName, otherContent] = other.split(":");
  return size === otherSize && content === otherContent && (name === otherName || time === otherTime);
}

/** Says why a file is not the one that was begun, by the code of a sentence. */
export function refuse(print, wanted) {
  if (isSame(print, wanted)) return;
  const [, size] = print.split(":");
  const [, wantedSize] = wanted.split(":");
  throw new Fault(size === wantedSize ? "changed_file" : "other_file");
}
