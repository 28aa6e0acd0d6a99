import assert from "node:assert/strict";
import { test } from "node:test";

import { Told } from "./told.js";

const upload = (flow, more = {}) => ({ flow, video: `v${flow}`, status: "uploading", offset: 0, length: 100, receiving: false, name: `${flow}.mp4`, ...more });
const event = (...what) => ({ type: "upload", ...upload(...what) });

test("what moves and what waits is told apart", () => {
  const told = new Told();
  told.hear({ type: "snapshot", uploads: [upload("a", { offset: 20, receiving: true }), upload("b", { offset: 50 }), { ...upload("p"), video: undefined }] }, 1000);
  assert.deepEqual(told.at(1000), { moving: 1, waiting: 1, share: 0.2 }, "a part of a concatenation is not counted");
  assert.deepEqual(told.at(20_000), { moving: 0, waiting: 2, share: undefined }, "silent for long");
  told.hear(event("b", { offset: 60 }), 21_000);
  assert.deepEqual(told.at(21_000), { moving: 1, waiting: 1, share: 0.6 });
  told.hear({ type: "snapshot", uploads: [upload("b", { offset: 60 })] }, 22_000);
  assert.deepEqual(told.at(22_000), { moving: 1, waiting: 0, share: 0.6 }, "a fresh snapshot in between changes nothing");
});

test("what arrives is said once, what is given up is not", () => {
  const told = new Told();
  told.hear(event("a"), 0);
  told.hear(event("b"), 0);
  assert.equal(told.hear(event("a", { status: "uploaded" }), 1), "a.mp4");
  assert.equal(told.hear(event("a", { status: "uploaded" }), 1), undefined);
  assert.equal(told.hear(event("b", { status: "abandoned" }), 1), undefined);
  assert.deepEqual(told.at(1), { moving: 0, waiting: 0, share: undefined });
  assert.equal(told.hear({ type: "video", id: "v" }, 1), undefined);
});
