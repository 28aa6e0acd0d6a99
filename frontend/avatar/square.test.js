import assert from "node:assert/strict";
import { test } from "node:test";

import { Square } from "./square.js";

test("begins with the largest square there is", () => {
  assert.deepEqual(new Square(400, 200).whole(), { x: 100, y: 0, side: 200 });
  assert.deepEqual(new Square(300, 900).whole(), { x: 0, y: 200, side: 300 });
  assert.deepEqual(new Square(1, 1).whole(), { x: 0, y: 0, side: 1 });
});

test("never leaves the picture", () => {
  const square = new Square(1000, 600);
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let step = 0; step < 5000; step += 1) {
    if (random() < 0.5) square.move((random() - 0.5) * 900, (random() - 0.5) * 900);
    else square.zoomBy(0.4 + random() * 2, random(), random());
    const { x, y, side } = square.whole();
    assert.ok(x >= 0 && y >= 0 && x + side <= 1000 && y + side <= 600, JSON.stringify(square.whole()));
    assert.ok(square.side >= square.smallest && square.side <= 600);
  }
});

test("zooms around the point under the pointer", () => {
  const square = new Square(1000, 1000);
  square.zoomBy(2, 0.25, 0.75);
  assert.deepEqual(square.whole(), { x: 125, y: 375, side: 500 });
});

test("the slider and the square say the same", () => {
  const square = new Square(1600, 1600);
  for (const level of [0, 20, 50, 99.5, 100]) {
    square.level = level;
    assert.ok(Math.abs(square.level - level) < 1e-9);
  }
  assert.equal(Math.round(square.side), 200);
  square.level = -5;
  assert.equal(square.side, 1600);
  const small = new Square(40, 50);
  assert.equal(small.level, 0);
  small.level = 50;
  assert.equal(small.side, 40);
});
