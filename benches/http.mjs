#!/usr/bin/env node
// Requests a second of the home page, beside nginx with the very same bytes as a file.
// One command: benches/http.mjs [rounds] [seconds each]
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { build, folder, machine, median, need, startKadr, startNginx, stop, table, verdict } from "./support.mjs";

const PROMISED = 0.25;
const rounds = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 5);

need("nginx", "wrk");
build();
const ours = await startKadr();
const page = Buffer.from(await (await fetch(`${ours.url}/`, { headers: { "accept-encoding": "identity" } })).arrayBuffer());
const files = folder("files");
writeFileSync(join(files, "index.html"), page);
const nginx = await startNginx(files);

machine();
console.log(`the home page, ${page.length} bytes; wrk, 2 threads, 64 connections, ${seconds} s, by turns\n`);
const measured = { kadr: [], nginx: [] };
const rows = [["round", "kadr req/s", "nginx req/s", "ratio"]];
measure(ours, 2);
measure(nginx, 2);
for (let round = 1; round <= rounds; round += 1) {
  measured.kadr.push(measure(ours, seconds));
  measured.nginx.push(measure(nginx, seconds));
  rows.push(row(round, measured.kadr.at(-1), measured.nginx.at(-1)));
}
rows.push(row("median", median(measured.kadr), median(measured.nginx)));
table(rows);
await stop(ours);
await stop(nginx);
const ratio = median(measured.kadr) / median(measured.nginx);
verdict(`home at ${ratio.toFixed(2)} × nginx, promised ≥ ${PROMISED}`, ratio >= PROMISED);

function measure({ url }, duration) {
  const told = execFileSync("wrk", ["-t2", "-c64", `-d${duration}s`, `${url}/`], { encoding: "utf8" });
  if (/Non-2xx|Socket errors/.test(told)) throw new Error(`not every request was answered well:\n${told}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(told)[1]);
}

function row(name, kadr, nginx) {
  return [name, kadr.toFixed(0), nginx.toFixed(0), (kadr / nginx).toFixed(2)];
}
