// Pulling the plug in the middle: of the helper, of the server, of a second worker. The video is
// there in the end, by itself, and what was done is not done again. No browser is started here.
//
// KADR_KILL_ROUNDS=30 for the long run. With KADR_TEST_POSTGRES also as a fleet: Postgres, Redis
// and a second worker.
import { expect, test } from "@playwright/test";

import { Server } from "../fixtures/server.ts";
import { Clips, type Clip, long, numbersIn, READ, BITS, CELL, HEIGHT, onItsClock, WIDTH } from "./clips.ts";
import { judged, pixels } from "./ffmpeg.ts";
import { Fleet } from "./fleet.ts";
import { helpers, Ledger, servers } from "./ledger.ts";
import { account, ask, completed, type Account, send, type Sent } from "./videos.ts";

const ROUNDS = Number(process.env.KADR_KILL_ROUNDS ?? 2);
/** A step may fail three times: fewer than that of a video's rounds are the helper's. */
const A_VIDEO = 4;
const SECONDS = 48;
const STRIP = `crop=iw*${(BITS * CELL) / WIDTH}:ih*${CELL / HEIGHT}:0:0,scale=${READ.width}:${READ.height}:flags=area`;

type Kill = (round: number) => Promise<string>;

/** Answers whether a helper is at work, which is not so when everything is done. */
async function atWork(sent: Sent): Promise<number[]> {
  const deadline = Date.now() + 90_000;
  while (Date.now() < deadline) {
    const found = await helpers(await servers());
    if (found.length > 0) return found;
    const view = await ask(sent).catch(() => undefined);
    if (view?.status === "completed") return [];
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nobody works: ${JSON.stringify(await ask(sent))}`);
}

async function rounds(who: Account, clips: Clips, planned: Clip, kill: Kill): Promise<void> {
  const bytes = await clips.bytes(planned);
  const clip = await onItsClock(planned, await clips.file(planned));
  const done: string[] = [];
  for (let video = 0; done.length < ROUNDS; video += 1) {
    // Other bytes, the same film: an element that says it is void.
    const own = Buffer.concat([bytes, Buffer.from([0xec, 0x84, ...Buffer.from(String(video).padStart(4, "0"))])]);
    const ledger = await Ledger.begin(who.server.data);
    const sent = await send(who, own, `killed-${video}.mkv`);
    ledger.of(`${who.server.url}/media/${sent.id}`);
    for (let round = 0; round < A_VIDEO && done.length < ROUNDS; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 2500));
      if ((await atWork(sent)).length === 0) break;
      await ledger.look();
      done.push(await kill(round));
    }
    await completed(sent);
    await ledger.look();
    const view = await ask(sent);
    expect([view.error, view.warnings]).toEqual([null, []]);
    expect(ledger.faults, "what was done stays as it is").toEqual([]);
    expect(ledger.kept).toBeGreaterThan(0);
    expect(await ledger.halves(), "nothing half done is left").toEqual([]);
    for (const height of [480, 240]) {
      const playlist = `${who.server.url}/media/${sent.id}/v${height}/index.m3u8`;
      expect((await judged(playlist)).times).toHaveLength(clip.numbers.length);
      expect(numbersIn(await pixels(playlist, STRIP))).toEqual(clip.numbers);
    }
  }
  test.info().annotations.push({ type: "killed", description: done.join(" ") });
}

test(`${ROUNDS} rounds, as it comes`, async () => {
  test.setTimeout(120_000 + ROUNDS * 60_000);
  const server = await Server.start({});
  const clips = await Clips.begin();
  try {
    await rounds(await account(server), clips, long("killed", SECONDS), async (round) => {
      const [helper] = round % 2 === 0 ? await helpers(await servers()) : [];
      if (helper) {
        process.kill(helper, "SIGKILL");
        return "helper";
      }
      await server.restart();
      return "server";
    });
  } finally {
    await clips.end();
    await server.stop();
  }
});

test(`${ROUNDS} rounds, as a fleet`, async () => {
  const postgres = process.env.KADR_TEST_POSTGRES;
  test.skip(!postgres, "KADR_TEST_POSTGRES says where a Postgres is");
  test.setTimeout(120_000 + ROUNDS * 60_000);
  const fleet = await Fleet.start(postgres ?? "");
  const clips = await Clips.begin();
  try {
    await rounds(await fleet.account(), clips, long("killed", SECONDS), async (round) => {
      if (round % 4 === 1) {
        await fleet.server.restart();
        return "server";
      }
      if (round % 4 === 3) {
        await fleet.another();
        return "worker";
      }
      const [helper] = await helpers(await servers());
      if (helper) process.kill(helper, "SIGKILL");
      return "helper";
    });
  } finally {
    await clips.end();
    await fleet.stop();
  }
});
