import assert from "node:assert/strict";
import { test } from "node:test";

import { LEAST, MOST, Pace, Speed, pause } from "./pace.js";

/** Requests over a line of that many bytes a second. */
function run(pace, rate, count) {
  for (let n = 0; n < count; n += 1) pace.passed(pace.chunk, (pace.chunk / rate) * 1000);
  return pace.chunk / rate;
}

test("requests take one to three seconds on any line in between the bounds", () => {
  for (const rate of [200_000, 1e6, 3e6, 1e7, 3e7]) {
    const seconds = run(new Pace(), rate, 12);
    assert.ok(seconds >= 1 && seconds <= 3, `${rate} B/s: ${seconds} s`);
  }
  const slow = new Pace();
  run(slow, 20_000, 12);
  assert.equal(slow.chunk, LEAST);
  const fast = new Pace();
  run(fast, 1e9, 12);
  assert.equal(fast.chunk, MOST);
});

test("a line that changes is followed", () => {
  const pace = new Pace();
  run(pace, 1e7, 10);
  const seconds = run(pace, 5e5, 10);
  assert.ok(seconds >= 1 && seconds <= 3, `${seconds}`);
});

test("one lucky moment does not make it jump, a failure makes it smaller", () => {
  const pace = new Pace();
  const before = pace.chunk;
  pace.passed(before, 1);
  assert.ok(pace.chunk <= before * 4);
  const then = pace.chunk;
  pace.stumbled();
  assert.equal(pace.chunk, then / 2);
  for (let n = 0; n < 20; n += 1) pace.stumbled();
  assert.equal(pace.chunk, LEAST);
  pace.passed(1000, 1);
  assert.equal(pace.chunk, LEAST, "the last bytes of a file tell nothing");
});

test("the speed is that of the last seconds", () => {
  const speed = new Speed(8000);
  assert.equal(speed.at(0), 0);
  for (let now = 0; now <= 20_000; now += 250) speed.mark(now * (now < 10_000 ? 1 : 1) * 1, now);
  assert.ok(Math.abs(speed.at(20_000) - 1000) < 20, `${speed.at(20_000)}`);
  // Nothing comes any more.
  assert.ok(speed.at(40_000) < 500);
  // Begun anew.
  speed.mark(0, 40_000);
  assert.equal(speed.at(40_100), 0);
});

test("pauses grow, and have an end", () => {
  const longest = () => 1;
  assert.deepEqual([1, 2, 3, 4, 5, 6, 60].map((n) => pause(n, longest)), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.equal(pause(1, () => 0), 500);
  assert.ok(Number.isFinite(pause(100_000)));
});
