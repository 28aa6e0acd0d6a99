import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { fingerprint, isFileOf, isOurs, isSame, parts, refuse, weak } from "./fingerprint.js";

const MIB = 1024 * 1024;

/** Any hash will do here; node has no BLAKE3. */
async function hash(blob, stretches = [[0, blob.size]]) {
  const sum = createHash("sha256");
  for (const [from, to] of stretches) sum.update(Buffer.from(await blob.slice(from, to).arrayBuffer()));
  return sum.digest("hex");
}

const file = (bytes, name = "film.mp4", lastModified = 1000) => Object.assign(new Blob([bytes]), { name, lastModified });
const print = (...what) => fingerprint(file(...what), hash);

test("it is short, and ours", async () => {
  const found = await print(new Uint8Array(10), "ы".repeat(255), Date.now());
  assert.ok(found.length <= 256, `${found.length}`);
  assert.ok(isOurs(found));
  for (const other of [undefined, null, "", "1:2:3", "tus-browser-/film.mp4/1000", found.replace("1:", "2:")]) assert.ok(!isOurs(other), `${other}`);
});

test("the stretches lie in the file, in order, with both ends", () => {
  for (const size of [0, 1, MIB, 3 * MIB, 3 * MIB + 1, 10 * MIB, 2 ** 40]) {
    const found = parts(size);
    let at = 0;
    for (const [from, to] of found) {
      assert.ok(from >= at && to >= from && to <= size, `${size}: ${from} ${to}`);
      at = to;
    }
    assert.equal(found[0][0], 0);
    assert.equal(found.at(-1)[1], size);
    assert.ok(found.reduce((sum, [from, to]) => sum + to - from, 0) <= 3 * MIB + 1, `${size}: little is read`);
  }
});

test("a copy is the same file, another one is not", async () => {
  const bytes = new Uint8Array(8 * MIB).map((_, n) => n * 7);
  const begun = await print(bytes);
  assert.ok(isSame(begun, await print(bytes)));
  assert.ok(isSame(begun, await print(bytes, "film.mp4", 2000)), "copied to another device");
  assert.ok(isSame(begun, await print(bytes, "film (1).mp4", 1000)), "named anew");
  assert.ok(isSame(begun, await print(bytes, "film (1).mp4", 2999)), "copied over a stick");
  assert.ok(!isSame(begun, await print(bytes, "other.mp4", 5000)));

  const longer = new Uint8Array(8 * MIB + 1);
  longer.set(bytes);
  for (const [what, code] of [
    [longer, "other_file"],
    [bytes.slice(0, 100), "other_file"],
  ]) {
    const found = await print(what);
    assert.throws(() => refuse(file(what), found, begun), { code });
  }
  for (const at of [0, 8 * MIB - 1]) {
    const changed = bytes.slice();
    changed[at] ^= 1;
    const found = await print(changed);
    assert.throws(() => refuse(file(changed), found, begun), { code: "changed_file" });
  }
  const same = await print(bytes);
  refuse(file(bytes), same, begun);
});

test("where nothing hashes, size, time and name have to do", async () => {
  const bytes = new Uint8Array(100);
  const begun = weak(file(bytes));
  assert.ok(isOurs(begun), begun);
  assert.ok(isFileOf(file(bytes), begun, begun));
  assert.ok(isFileOf(file(bytes), await print(bytes), begun), "a browser that hashes goes on with it");
  for (const other of [file(bytes, "other.mp4"), file(bytes, "film.mp4", 2000), file(new Uint8Array(101))]) {
    assert.ok(!isFileOf(other, weak(other), begun));
  }
  const strong = await print(bytes);
  assert.throws(() => refuse(file(bytes), begun, strong), { code: "unhashed" });
  const longer = file(new Uint8Array(101));
  assert.throws(() => refuse(longer, weak(longer), strong), { code: "other_file" });
});
