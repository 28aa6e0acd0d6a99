import assert from "node:assert/strict";
import { test } from "node:test";

import { clean, stem } from "./name.js";

test("what could mislead or lead away is gone, as on the server", () => {
  for (const [text, name] of [
    ["film.mp4", "film.mp4"],
    ["Мій фільм  (2024).mkv", "Мій фільм (2024).mkv"],
    ["../../etc/passwd", "passwd"],
    ["..\\..\\boot.ini", "boot.ini"],
    ["C:\\Users\\ada\\film.mov", "film.mov"],
    ["folder/", "folder"],
    ["..", "video"],
    ["", "video"],
    ["\0\u0001\u200b", "video"],
    ["fi\0lm.mp4", "film.mp4"],
    ["film\u202egpj.mp4", "filmgpj.mp4"],
    [".hidden.mp4", "hidden.mp4"],
    ["a\nb\t.mp4", "a b .mp4"],
    ["what?.mp4. ", "what_.mp4"],
    ["👩‍🎤.webm", "👩‍🎤.webm"],
  ]) {
    assert.equal(clean(text), name, JSON.stringify(text));
  }
});

test("ten kilobytes become a name with its ending", () => {
  for (const letter of ["a", "ы", "👩"]) {
    const name = clean(`${letter.repeat(110)}.mp4`);
    assert.ok(name.endsWith(".mp4") && [...name].length <= 120, name);
    const long = clean(letter.repeat(10_000));
    assert.equal([...long].length, 120);
    assert.equal(clean(long), long);
  }
  for (const length of [300, 10_000]) assert.match(clean(`${"x".repeat(length)}.mp4`), /^x{116}\.mp4$/);
});

test("the stem is what people call it", () => {
  for (const [name, title] of [
    ["film.mp4", "film"],
    ["film", "film"],
    ["1. day", "1. day"],
    ["a.b.mp4", "a.b"],
    [".mp4", "mp4"],
    ["..\u202egpj.mp4", "gpj"],
    ["film.matroska3d12", "film"],
  ]) {
    assert.equal(stem(name), title, name);
  }
});
