#!/usr/bin/env node
// Jobs a second, written, announced, claimed, run and done, on SQLite alone and through Redis,
// beside what the disk itself gives: bare commits. The measuring program is server/benches/jobs.rs.
// One command: benches/jobs.mjs [jobs]; KADR_BENCH_POSTGRES=postgres://… measures Postgres, too.
import { spawn } from "node:child_process";
import { once } from "node:events";

import { machine, need, root, verdict } from "./support.mjs";

const PROMISED = { "SQLite, in the process": 500, "SQLite, through Redis": 2000 };

need("redis-server");
machine();
const measuring = spawn("cargo", ["bench", "--quiet", "-p", "server", "--bench", "jobs", "--", ...process.argv.slice(2, 3)], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"],
});
let told = "";
measuring.stdout.setEncoding("utf8").on("data", (text) => {
  told += text;
  process.stdout.write(text);
});
const [code] = await once(measuring, "close");
if (code !== 0) throw new Error(`the measuring program ended with ${code}`);

// Columns: waiting/s (a full table is worked off), arriving/s (while others add to it).
const found = Object.entries(PROMISED).map(([name, promised]) => {
  const [waiting, arriving] = told.split("\n").find((line) => line.startsWith(name))?.slice(name.length).trim().split(/\s+/).map(Number) ?? [];
  return { name, promised, slower: Math.min(waiting, arriving) };
});
verdict(
  found.map(({ name, promised, slower }) => `${name}: ${slower} jobs/s, promised ≥ ${promised}`).join("; "),
  found.every(({ promised, slower }) => slower >= promised),
);
