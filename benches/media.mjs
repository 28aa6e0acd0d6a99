#!/usr/bin/env node
// From the last byte of a film to HLS and DASH, beside one `ffmpeg` command that makes the same
// rungs (picture alone, decoded once and split): how long until it can be watched, until all is
// done, how much memory, and what a second worker brings.
// One command: benches/media.mjs [rounds; 0 leaves them out] [minutes of the copied film; 0 leaves it out] [films for the workers; 0 leaves them out]
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { begin, curl, patch, startKadrWithToken } from "./sending.mjs";
import { build, folder, kadr, machine, median, need, stop, table, verdict } from "./support.mjs";

const OVER_COMMAND = 1.03;
const COPIED_OVER_COMMAND = 0.6;
const PLAYABLE_S = 3;
const SERVER_MB = 60;
const CHILD_MB = 450;
const TWO_OVER_ONE = 1.85;
/** As the plan has them for 30 frames a second: height, most kbit/s. */
const RUNGS = [[1080, 6000], [720, 3200], [480, 1500], [360, 900], [240, 450]];

const [rounds = 3, minutes = 10, films = 6] = process.argv.slice(2).map(Number);
need("curl", "ffmpeg");
build();
machine();
const clips = folder("clips");
if (rounds > 0) await wholeJob();
if (minutes > 0) await copied();
if (films > 0) await workers();

/** Everything made anew: five rungs, sound, poster, storyboard. */
async function wholeJob() {
  // Groups of ten seconds are never copied.
  const source = clip("made.mp4", { seconds: 60, gop: 300 });
  const ours = [];
  const theirs = [];
  const memory = { server: 0, child: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const server = await startKadrWithToken();
    ours.push((await made(server, source, memory)).seconds);
    await stop(server);
    theirs.push(command(source));
  }
  const ratio = median(ours) / median(theirs);
  table([
    ["60 s of 1080p30, every rung made", "s", "slowest", "beside the command"],
    ["kadr: rungs, sound, poster, storyboard", median(ours).toFixed(1), Math.max(...ours).toFixed(1), ratio.toFixed(2)],
    ["one ffmpeg command: rungs alone", median(theirs).toFixed(1), Math.max(...theirs).toFixed(1), "1"],
  ]);
  verdict(`the whole job takes ${ratio.toFixed(2)} × the one command, promised ≤ ${OVER_COMMAND}`, ratio <= OVER_COMMAND);
  verdict(`the server has ${memory.server.toFixed(0)} MB, promised ≤ ${SERVER_MB}`, memory.server <= SERVER_MB);
  verdict(`a child has ${memory.child.toFixed(0)} MB, promised ≤ ${CHILD_MB}`, memory.child <= CHILD_MB);
}

/** A film whose top rung is taken over as it is. */
async function copied() {
  const source = clip("copied.mp4", { seconds: 60 * minutes, gop: 60 });
  const server = await startKadrWithToken();
  const ours = await made(server, source);
  await stop(server);
  const theirs = command(source);
  const ratio = ours.seconds / theirs;
  table([
    [`${minutes} min of 1080p30, top rung copied`, "s", "beside the command"],
    ["kadr: can be watched", ours.playable.toFixed(1), ""],
    ["kadr: all done", ours.seconds.toFixed(1), ratio.toFixed(2)],
    ["one ffmpeg command: rungs alone", theirs.toFixed(1), "1"],
  ]);
  verdict(`it can be watched ${ours.playable.toFixed(1)} s after the last byte, promised ≤ ${PLAYABLE_S}`, ours.playable <= PLAYABLE_S);
  verdict(`all is done in ${ratio.toFixed(2)} × the one command, promised ≤ ${COPIED_OVER_COMMAND}`, ratio <= COPIED_OVER_COMMAND);
}

/** The same films by one worker that has one core, and by two. */
async function workers() {
  const sources = Array.from({ length: films }, (_, number) => clip(`film-${number}.mp4`, { seconds: 10, gop: 300, size: "1280x720", hue: number }));
  const one = await together(sources, 1);
  const two = await together(sources, 2);
  const ratio = one / two;
  table([
    [`${films} films of 10 s, 720p30`, "s"],
    ["one worker with one core", one.toFixed(1)],
    ["two of them", two.toFixed(1)],
  ]);
  verdict(`two workers do ${ratio.toFixed(2)} × the work of one, promised ≥ ${TWO_OVER_ONE}`, ratio >= TWO_OVER_ONE);
}

async function together(sources, count) {
  const data = folder("fleet");
  const server = await startKadrWithToken({ KADR_DATA: data, KADR_ROLES: "web,scheduler" });
  const ids = [];
  for (const source of sources) ids.push(await sent(server, source));
  const began = performance.now();
  const crew = [];
  for (let core = 0; core < count; core += 1) {
    const env = { ...process.env, KADR_DATA: data, KADR_ROLES: "worker", KADR_WORKERS: "1", MALLOC_ARENA_MAX: "1" };
    crew.push(spawn("taskset", ["-c", String(core), kadr, "serve"], { env, stdio: "ignore" }));
  }
  for (const id of ids) await until(server, id, ({ status }) => status === "completed");
  const seconds = (performance.now() - began) / 1000;
  for (const worker of crew) {
    const ended = once(worker, "exit");
    worker.kill("SIGTERM");
    await ended;
  }
  await stop(server);
  return seconds;
}

/** Sends a film; answers the seconds after its last byte until it could be watched and until all was done. */
async function made(server, source, memory = { server: 0, child: 0 }) {
  const id = await sent(server, source);
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  const watch = setInterval(() => {
    memory.server = Math.max(memory.server, resident(server.child.pid));
    for (const child of children(server.child.pid)) memory.child = Math.max(memory.child, resident(child));
  }, 200);
  await until(server, id, ({ playable }) => playable);
  const playable = since();
  await until(server, id, ({ status }) => status === "completed");
  const seconds = since();
  clearInterval(watch);
  return { playable, seconds };
}

async function sent(server, source) {
  const { path, video } = await begin(server, statSync(source).size);
  curl(source, `${server.url}${path}`, patch(server), "204");
  return video;
}

async function until(server, id, is) {
  for (;;) {
    const answer = await fetch(`${server.url}/api/v1/videos/${id}`, { headers: server.headers });
    const video = await answer.json();
    if (is(video)) return video;
    if (video.status === "failed") throw new Error(`it failed: ${video.error}`);
    await sleep(100);
  }
}

/** The rungs by one command; answers its seconds. */
function command(source) {
  const made = folder("command");
  const heights = RUNGS.map(([height]) => height);
  const graph = [`[0:v]split=${heights.length}${heights.map((height) => `[s${height}]`).join("")}`];
  for (const height of heights) graph.push(`[s${height}]scale=-2:${height}:flags=bicubic[o${height}]`);
  const outputs = RUNGS.flatMap(([height, most]) => [
    "-map", `[o${height}]`, "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-crf", "23",
    "-maxrate", `${most}k`, "-bufsize", `${2 * most}k`, "-force_key_frames", "expr:gte(t,n_forced*2)", "-g", "100000", join(made, `${height}.mp4`),
  ]);
  const began = performance.now();
  ffmpeg("-i", source, "-filter_complex", graph.join(";"), ...outputs);
  return (performance.now() - began) / 1000;
}

function clip(name, { seconds, gop, size = "1920x1080", hue = 0 }) {
  const path = join(clips, name);
  const picture = `testsrc2=size=${size}:rate=30:duration=${seconds},hue=h=${30 * hue},noise=alls=3:allf=t`;
  ffmpeg(
    "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", `sine=frequency=440:sample_rate=48000:duration=${seconds}`,
    "-c:v", "libx264", "-preset", "ultrafast", "-crf", "23", "-maxrate", "5M", "-bufsize", "10M", "-g", String(gop), "-bf", "0", "-pix_fmt", "yuv420p",
    "-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", path,
  );
  return path;
}

function ffmpeg(...args) {
  execFileSync("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...args], { stdio: ["ignore", "inherit", "inherit"] });
}

/** Of this process alone, in MB. */
function resident(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function children(pid) {
  return readdirSync("/proc").filter((id) => {
    try {
      return /^\d+$/.test(id) && new RegExp(`^PPid:\\s+${pid}$`, "m").test(readFileSync(`/proc/${id}/status`, "utf8"));
    } catch {
      return false;
    }
  });
}
