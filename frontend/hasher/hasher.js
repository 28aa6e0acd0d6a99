// A worker that hashes files, so that the page stays awake: BLAKE3, as the server does.
//
//   { id, act: "whole", file }          → { id, share }…, { id, hash }
//   { id, act: "parts", file, parts }   → { id, hash } over these [from, to) of the file
//   { id, act: "stop" }                 → nothing more about that id
//   what cannot be read                 → { id, fault }
import { createBLAKE3 } from "hash-wasm";

/** What is read at once; two of them are in memory. */
const READ = 4 * 1024 * 1024;
const TELL = 100;

/** What somebody still waits for. */
const wanted = new Set();
/** One after the other: two would only take the disk from each other. */
let last = Promise.resolve();

self.onmessage = ({ data }) => {
  if (data.act === "stop") {
    wanted.delete(data.id);
    return;
  }
  wanted.add(data.id);
  last = last.then(() => work(data)).catch(() => {});
};

async function work({ id, file, parts }) {
  try {
    const hash = await hashed(id, file, parts ?? [[0, file.size]]);
    if (hash !== undefined) self.postMessage({ id, hash });
  } catch (fault) {
    self.postMessage({ id, fault: String(fault?.name ?? fault) });
  } finally {
    wanted.delete(id);
  }
}

async function hashed(id, file, parts) {
  const blake3 = await createBLAKE3();
  blake3.init();
  const all = parts.reduce((sum, [from, to]) => sum + to - from, 0);
  let done = 0;
  let told = performance.now();
  for (const [from, to] of parts) {
    let next = read(file, from, to);
    for (let at = from; at < to; at += READ) {
      if (!wanted.has(id)) return undefined;
      const bytes = await next;
      // The disk reads on while we count.
      next = read(file, at + READ, to);
      next.catch(() => {});
      blake3.update(bytes);
      done += bytes.length;
      if (performance.now() - told > TELL) {
        told = performance.now();
        self.postMessage({ id, share: all === 0 ? 1 : done / all });
      }
    }
  }
  return blake3.digest("hex");
}

async function read(file, from, to) {
  if (from >= to) return new Uint8Array();
  return new Uint8Array(await file.slice(from, Math.min(from + READ, to)).arrayBuffer());
}
