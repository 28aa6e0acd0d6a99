// Watched while it is being made: from its beginning, as soon as there is one, to its end.
import { account } from "../tus/client.ts";
import { Clips, film, long, onItsClock } from "./clips.ts";
import { expect, test } from "../fixtures/index.ts";
import { master, playlist, text } from "./playlists.ts";
import { type Kind, Stage } from "./stage.ts";
import { completed, send, until } from "./videos.ts";

// One thing after another, so that it takes as long as it takes on a small machine.
test.use({ settings: { KADR_WORKERS: "1" } });

/** Reads a playlist again and again, as long as it grows; never may it take back what it said. */
class Reader {
  /** Where it ended, each time. */
  readonly ends: number[] = [];
  readonly faults: string[] = [];
  #running = true;
  readonly #done: Promise<void>;

  constructor(readonly url: string) {
    this.#done = this.#read();
  }

  async #read(): Promise<void> {
    try {
      await this.#follow();
    } catch (error) {
      this.faults.push(String(error));
    }
  }

  async #follow(): Promise<void> {
    let before: string[] = [];
    let target: number | undefined;
    while (this.#running) {
      const now = playlist(await text(this.url));
      const lines = now.segments.map(({ uri, duration }) => `${uri} ${duration}`);
      if (!before.every((line, at) => line === lines[at])) this.faults.push(`${before.join()} became ${lines.join()}`);
      if (target !== undefined && target !== now.target) this.faults.push(`the target was ${target} and is ${now.target}`);
      if (lines.length > before.length) this.ends.push(now.segments.reduce((sum, { duration }) => sum + duration, 0));
      [before, target] = [lines, now.target];
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }
}

const CASES: [Kind, string, number][] = [
  ["hls", "hls.js", 32],
  ["shaka", "Shaka", 28],
];

for (const [kind, name, seconds] of CASES) {
  test(`in ${name}, while it grows`, async ({ page, server }) => {
    const clips = await Clips.begin();
    const planned = long(`growing-${kind}`, seconds);
    const bytes = await clips.bytes(planned);
    const clip = await onItsClock(planned, await clips.file(planned));
    await clips.end();
    const stage = await Stage.on(page, server);
    const sent = await send(await account(server), bytes, "growing.mkv");
    const view = await until(sent, "playable", ({ playable }) => playable);
    const url = `${server.url}${view.hls_url}`;
    const [variant] = master(await text(url)).variants;
    const own = new URL(variant?.uri ?? "", url).href;
    const first = playlist(await text(own));
    expect([first.type, first.ended], "it is not there to its end yet").toEqual(["EVENT", false]);
    expect(first.lines).toContain("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES");

    const reader = new Reader(own);
    await stage.open(kind, view.hls_url ?? "");
    // Slower than a small machine makes it.
    await stage.play(0.5);
    await completed(sent);
    // It hears of the rest when it asks next; then it need not be waited for.
    await stage.patient(100);
    await expect.poll(async () => (await stage.state()).ranges.at(-1)?.[1] ?? 0, { timeout: 30_000 }).toBeGreaterThan(clip.duration - 0.2);
    await stage.rate(4);
    const { duration, ranges } = await stage.ended(120);
    await reader.stop();
    expect(reader.faults).toEqual([]);
    expect(reader.ends.length, "it grew while it was watched").toBeGreaterThan(1);
    // Who has seen all there is waits for more; nobody waits for anything else.
    await stage.expectSmooth((at) => reader.ends.some((end) => Math.abs(end - at) < 0.8));
    const { frames } = await stage.seen();
    expect(frames[0]?.time ?? -1, "it began at the beginning").toBeLessThanOrEqual(clip.step / 2);
    expect(Math.abs((duration ?? 0) - clip.duration)).toBeLessThanOrEqual(clip.step);
    expect(ranges).toHaveLength(1);
    expect(ranges[0]?.[0]).toBe(0);
  });
}

test("in hls.js, what is copied", async ({ page, server }) => {
  const clips = await Clips.begin();
  const bytes = await clips.bytes(film);
  await clips.end();
  const stage = await Stage.on(page, server);
  const sent = await send(await account(server), bytes, "film.mp4");
  const view = await until(sent, "playable", ({ playable }) => playable);
  expect(master(await text(`${server.url}${view.hls_url}`)).variants, "what is copied stands alone at first").toHaveLength(1);
  expect(await stage.open("hls", view.hls_url ?? "")).toEqual([480]);
  await stage.play(2);
  const { duration, ranges } = await stage.ended(60);
  await stage.expectSmooth();
  expect(Math.abs((duration ?? 0) - film.duration)).toBeLessThanOrEqual(film.step);
  expect(ranges).toHaveLength(1);
  await completed(sent);
  expect(master(await text(`${server.url}${view.hls_url}`)).variants).toHaveLength(3);
});
