import assert from "node:assert/strict";
import { test } from "node:test";

import { Words } from "./words.js";

const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");

test("sizes, speeds and times in the reader's language", () => {
  const en = new Words({}, "en");
  assert.deepEqual([0, 1000, 1_500_000, 12_345_678_901].map((bytes) => plain(en.size(bytes))), ["0 bytes", "1 kB", "1.5 MB", "12.3 GB"]);
  assert.deepEqual(["en", "ru", "uk"].map((language) => plain(new Words({}, language).size(8))), ["8 bytes", "8 байт", "8 байтів"]);
  assert.equal(plain(en.speed(2_500_000)), "2.5 MB/s");
  assert.equal(plain(en.speed(120)), "0.1 kB/s");
  assert.equal(plain(new Words({}, "uk").size(1_500_000)), "1,5 МБ");
  assert.equal(en.percent(0.9999), "99%", "not done before it is");
  assert.deepEqual([200, 42_000, 61_000, 3_600_000, 5_460_000].map((ms) => plain(en.time(ms))), ["1 sec", "45 sec", "2 min", "1 hr", "1 hr 31 min"]);
});

test("points in time of the next days", () => {
  const at = (day, hour) => new Date(2026, 10, day, hour, 5).getTime();
  const uk = new Words({}, "uk");
  assert.equal(uk.moment(at(21, 23), at(21, 9)), "23:05");
  assert.equal(uk.moment(at(22, 8), at(21, 9)), "завтра, 8:05");
  assert.match(plain(new Words({}, "en").moment(at(22, 14), at(21, 23))), /^tomorrow, 2:05 PM$/);
  assert.match(uk.moment(at(24, 8), at(21, 9)), /24 листопада/);
});

test("sentences with values, and forms of numbers", () => {
  const ru = new Words({ n_one: "{count} файл", n_few: "{count} файла", n_many: "{count} файлов", n_other: "{count} файла", a: "«{name}»", failed: "?" }, "ru");
  assert.deepEqual([1, 2, 5, 21].map((count) => ru.count("n", count)), ["1 файл", "2 файла", "5 файлов", "21 файл"]);
  assert.equal(ru.say("a", { name: "{count}$&" }), "«{count}$&»");
  assert.equal(ru.say("nothing"), "?");
});
