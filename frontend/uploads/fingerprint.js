// What a file is known again by, on another day or device: `1:{size}:{time}:{name}:{content}`.
// Of the name only a hash travels, since names have no end; of the content the first and the
// last MiB count, and samples in between. Where nothing hashes it is `0:{size}:{time}:{name}`:
// weak, and better than not to go on.
import { Fault } from "./tus.js";

const MIB = 1024 * 1024;
const SAMPLES = 16;
const SAMPLE = 64 * 1024;
const VERSION = "1";
const WEAK = "0";
/** File systems of sticks and cards know the time to two seconds. */
const COARSE = 2000;

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

/** Without looking at the content. */
export function weak(file) {
  return [WEAK, file.size, file.lastModified, short(file.name.normalize("NFC"))].join(":");
}

/** 64 bits of a text, by FNV-1a with two beginnings. */
function short(text) {
  const half = (sum) => {
    for (const byte of new TextEncoder().encode(text)) sum = Math.imul(sum ^ byte, 0x01000193);
    return (sum >>> 0).toString(16).padStart(8, "0");
  };
  return half(0x811c9dc5) + half(0x050c5d1f);
}

const STRONG = /^1:\d+:-?\d+:[0-9a-f]{16}:[0-9a-f]{64}$/;

/** Whether a page can tell a file by it. Programs leave other marks, or none. */
export function isOurs(print) {
  return typeof print === "string" && (STRONG.test(print) || isWeak(print));
}

function isWeak(print) {
  return /^0:\d+:-?\d+:[0-9a-f]{16}$/.test(print);
}

/**
 * Whether it is the same file. Size and content have to be the same, and the name or the time:
 * a copy on another device often has a new time, and phones make up names.
 */
export function isSame(print, other) {
  if (!STRONG.test(print) || !STRONG.test(other)) return false;
  const [, size, time, name, content] = print.split(":");
  const [, otherSize, otherTime, otherName, otherContent] = other.split(":");
  return size === otherSize && content === otherContent && (name === otherName || Math.abs(time - otherTime) <= COARSE);
}

/** Whether a file, with the print it has here, is the one that was begun with this print. */
export function isFileOf(file, print, begun) {
  return isWeak(begun) ? weak(file) === begun : isSame(print, begun);
}

/** Says why a file is not the one that was begun, by the code of a sentence. */
export function refuse(file, print, begun) {
  if (isFileOf(file, print, begun)) return;
  const isAsLong = String(file.size) === begun.split(":")[1];
  if (isAsLong && isWeak(print) && !isWeak(begun)) throw new Fault("unhashed");
  throw new Fault(isAsLong ? "changed_file" : "other_file");
}
