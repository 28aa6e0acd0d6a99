#!/usr/bin/env node
// What people cost: the home page while 200 of them log in, and the memory of the server after
// 1,000 registrations with avatars. One command: benches/people.mjs [registrations]
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { build, folder, freePort, kadr, machine, need, residentMb, site, start, stop, table, verdict } from "./support.mjs";

const registrations = Number(process.argv[2] ?? 1000);
const IN_FLIGHT = 200;
const P95_MS = 50;
const RESIDENT_MB = 60;

need("cjpeg=libjpeg-turbo-progs");
build();
const data = folder("data");
const port = await freePort();
// Everybody comes from an address of their own, as a proxy would say.
const ours = await start(kadr, ["serve"], port, "/readyz", {
  KADR_ADDR: `127.0.0.1:${port}`,
  KADR_DATA: data,
  KADR_SITE: site,
  KADR_TRUSTED_PROXIES: "127.0.0.1",
});
let last = 0;
const known = new Set();
const seen = new Map();
machine();

const calm = await home(400);
let running = true;
let logins = 0;
const crowd = Array.from({ length: IN_FLIGHT }, async (_, n) => {
  while (running) {
    const answer = await fetch(`${ours.url}/auth/token`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-for": someone() },
      body: JSON.stringify({ user: `nobody${n}x${last}`, password: "correct horse battery" }),
    });
    await answer.text();
    if (answer.status === 401) logins += 1;
  }
});
await sleep(1000);
const began = performance.now();
const before = logins;
const busy = await home(400);
const perSecond = ((logins - before) / (performance.now() - began)) * 1000;
running = false;
await Promise.all(crowd);
table([
  ["the home page, ms", "p50", "p95", "max"],
  ["nobody logs in", ...calm.map((ms) => ms.toFixed(1))],
  [`${IN_FLIGHT} logins in flight (${perSecond.toFixed(0)}/s)`, ...busy.map((ms) => ms.toFixed(1))],
]);
verdict(`home at p95 ${busy[1].toFixed(1)} ms with ${IN_FLIGHT} logins in flight, promised < ${P95_MS}`, busy[1] < P95_MS);

const photo = jpeg(1200, 900);
const resident = [["registrations", "resident MB"], [0, residentMb(ours.child.pid).toFixed(1)]];
let done = 0;
await Promise.all(
  Array.from({ length: 4 }, async () => {
    while (done < registrations) {
      done += 1;
      const number = done;
      await register(number);
      if (number % Math.ceil(registrations / 5) === 0) resident.push([number, residentMb(ours.child.pid).toFixed(1)]);
    }
  }),
);
await sleep(2000);
const after = residentMb(ours.child.pid);
resident.push(["two seconds later", after.toFixed(1)]);
table(resident);
verdict(`${after.toFixed(1)} MB resident after ${registrations} registrations with avatars, promised ≤ ${RESIDENT_MB}`, after <= RESIDENT_MB);
await stop(ours);

/** p50, p95 and the longest of so many answers, four at a time. */
async function home(count) {
  const took = [];
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let n = 0; n < count / 4; n += 1) {
        const began = performance.now();
        await (await fetch(`${ours.url}/?n=${n}`)).text();
        took.push(performance.now() - began);
      }
    }),
  );
  took.sort((a, b) => a - b);
  return [took[took.length >> 1], took[Math.floor(took.length * 0.95)], took.at(-1)];
}

function someone() {
  last += 1;
  return `10.${(last >> 16) & 255}.${(last >> 8) & 255}.${last & 255}`;
}

async function register(number) {
  const address = someone();
  let cookie = "";
  const post = async (path, body, kind) => {
    const headers = {
      accept: "application/json",
      "sec-fetch-site": "same-origin",
      "x-forwarded-for": address,
      ...(cookie && { cookie }),
      ...(kind && { "content-type": kind }),
    };
    const answer = await fetch(`${ours.url}${path}`, { method: "POST", headers, body });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
    for (const line of answer.headers.getSetCookie()) {
      if (line.startsWith("kadr_registration=")) cookie = line.split(";")[0];
    }
  };
  const form = (path, fields) =>
    post(`/ui/accounts/register_${path}`, new URLSearchParams(fields).toString(), "application/x-www-form-urlencoded");
  const email = `person${number}@mail.example`;
  await form("email", { email });
  await form("nick", { nick: `person.no${number}`, name: `Person ${number}` });
  await form("password", { password: `correct horse battery ${number * 7}` });
  const file = new FormData();
  file.set("file", new Blob([photo]), "photo.jpg");
  await post("/register/avatar", file);
  await form("send_code", {});
  await form("confirm", { code: await code(email) });
}

/** The code in the mail to an address. */
async function code(email) {
  for (let tries = 0; tries < 600; tries += 1) {
    for (const [name, mail] of mails()) {
      if (mail.includes(`<${email}>`) || mail.includes(`To: ${email}`)) {
        const found = /\b(\d{3})[ \u00a0]?(\d{3})\b/.exec(mail.split(/\r?\n\r?\n/).slice(1).join("\n\n"));
        seen.delete(name);
        if (found) return found[1] + found[2];
      }
    }
    await sleep(50);
  }
  throw new Error(`no mail to ${email}`);
}

/** Mails that nobody has taken yet; each file is read once. */
function mails() {
  const place = join(data, "mail");
  // It comes with the first mail.
  if (!existsSync(place)) return seen;
  for (const name of readdirSync(place)) {
    if (name.endsWith(".eml") && !known.has(name)) {
      known.add(name);
      seen.set(name, readFileSync(join(place, name), "utf8"));
    }
  }
  return seen;
}

/** A photo-like picture: gradients with noise. */
function jpeg(width, height) {
  const pixels = Buffer.alloc(width * height * 3);
  let state = 1;
  for (let at = 0; at < pixels.length; at += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    pixels[at] = ((at / 3 / width) * 0.2 + (at % 3) * 60 + (state >> 16) % 24) & 255;
  }
  const file = join(folder("photo"), "photo.ppm");
  writeFileSync(file, Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]));
  return execFileSync("cjpeg", ["-quality", "85", file], { maxBuffer: 64 << 20 });
}
