import assert from "node:assert/strict";
import { test } from "node:test";

import { Words } from "./words.js";

const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");

test("sizes, speeds and times in the reader's language", () => {
  const en = new Words({}, "en");
  assert.deepEqual([0, 1000, 1_500_000, 12_345_678_901].map((bytes) => plain(en.size(bytes))), ["0 byte", "1 kB", "1.5 MB", "12.3 GB"]);
  assert.equal(plain(en.speed(2_500_000)), "2.5 MB/s");
  assert.equal(plain(new Words({}, "uk").size(1_500_000)), "1,5 МБ");
  assert.equal(en.percent(0.9999), "99%", "not done before it is");
  assert.deepEqual([200, 42_000, 61_000, 3_600_000, 5_460_000].map((ms) => plain(en.time(ms))), ["1 sec", "45 sec", "2 min", "1 hr", "1 hr 31 min"]);
});

test("sentences with values, and forms of numbers", () => {
  const ru = new Words({ n_one: "{count} файл", n_few: "{count} файла", n_many: "{count} файлов", n_other: "{count} файла", a: "«{name}»", failed: "?" }, "ru");
  assert.deepEqual([1, 2, 5, 21].map((count) => ru.count("n", count)), ["1 файл", "2 файла", "5 файлов", "21 файл"]);
  assert.equal(ru.say("a", { name: "{count}$&" }), "«{count}$&»");
  assert.equal(ru.say("nothing"), "?");
});
