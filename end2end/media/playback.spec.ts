// What was made of a video plays to its end in hls.js and in Shaka: after seeks, through changes
// of quality, and without a frame missing where one segment ends and the next begins.
import { type Clip, counted, film, shownAt, uneven } from "./clips.ts";
import { expect, test } from "./library.ts";
import { playlist, text } from "./playlists.ts";
import { type Kind, Stage } from "./stage.ts";
import type { View } from "./videos.ts";

const KINDS: [Kind, string][] = [
  ["hls", "HLS in hls.js"],
  ["shaka", "DASH in Shaka"],
];
const TRIES = 5;

const address = (kind: Kind, view: View) => (kind === "hls" ? view.hls_url : view.dash_url) ?? "";

/** Where segments begin, after the first. */
async function boundaries(url: string, view: View): Promise<number[]> {
  const { segments } = playlist(await text(`${url}/media/${view.id}/v240/index.m3u8`));
  let end = 0;
  return segments.slice(0, -1).map(({ duration }) => (end += duration));
}

/** The place of the frame that is shown from that time on, in the order of the clip. */
const nearest = (clip: Clip, time: number) => clip.times.findIndex((start) => Math.abs(start - time) < 0.003);

for (const planned of [counted, film, uneven]) {
  for (const [kind, title] of KINDS) {
    test(`${planned.name}: ${title}, to the end`, async ({ page, server, library }) => {
      const { view, clip } = await library.video(planned);
      const edges = await boundaries(server.url, view);
      expect(edges.length).toBeGreaterThanOrEqual(3);
      const stage = await Stage.on(page, server);
      const heights = await stage.open(kind, address(kind, view));
      expect(heights).toEqual([240, 360, 480]);

      // To the end, each segment in another quality than the one before.
      await stage.goRound(true);
      await stage.play(2);
      const { duration, ranges, corrupted } = await stage.ended(60);
      await stage.expectSmooth();
      expect(corrupted).toBe(0);
      expect(Math.abs((duration ?? 0) - clip.duration), `${duration} s`).toBeLessThanOrEqual(clip.step);
      expect(ranges, "one stretch without a hole").toHaveLength(1);
      expect(ranges[0]?.[0]).toBe(0);
      expect(Math.abs((ranges[0]?.[1] ?? 0) - clip.duration)).toBeLessThanOrEqual(clip.step);
      const { frames, switched } = await stage.seen();
      expect(new Set(switched.map(({ quality }) => quality)).size).toBe(3);
      const strays = frames.map(({ time }) => time).filter((time) => nearest(clip, time) < 0);
      expect(strays, "every frame is shown at its time").toEqual([]);

      // The last frame before a boundary and the first one after it are both seen. A machine that
      // is busy leaves frames out anywhere: such a place is looked at again.
      const shown = new Set(frames.map(({ time }) => nearest(clip, time)));
      for (const edge of edges) {
        const next = nearest(clip, clip.times.find((time) => time > edge - 0.003) ?? -1);
        const whole = () => [next - 1, next, next + 1].every((index) => shown.has(index));
        for (let again = 0; again < TRIES && !whole(); again += 1) {
          for (const time of await stage.across(edge)) shown.add(nearest(clip, time));
        }
        expect(whole(), `no frame is missing at ${edge} s`).toBe(true);
      }
      expect((await stage.seen()).errors).toEqual([]);
    });

    test(`${planned.name}: ${title}, the right frame after every seek`, async ({ page, server, library }) => {
      const { view, clip } = await library.video(planned);
      const stage = await Stage.on(page, server);
      const heights = await stage.open(kind, address(kind, view));
      const edges = await boundaries(server.url, view);
      const middle = (index: number) => {
        const start = clip.times[index] ?? 0;
        return (start + (clip.times[index + 1] ?? clip.duration)) / 2;
      };
      const around = edges.flatMap((edge) => {
        const next = clip.times.findIndex((time) => time > edge - 0.003);
        return [middle(next), middle(next - 1)];
      });
      const last = clip.times.length - 1;
      const times = [...around, middle(last), middle(0), middle(Math.floor(last / 2)), middle(1)];
      const wanted = times.map((time) => ({ time, number: clip.numbers[shownAt(clip, time)] ?? -1 }));
      for (const height of [...heights, 240]) {
        expect(await stage.stills(wanted, height), `${height} high`).toEqual(wanted);
      }
      await stage.expectSmooth(() => true);
    });

    test(`${planned.name}: ${title}, with seeks while it plays`, async ({ page, server, library }) => {
      const { view } = await library.video(planned);
      const stage = await Stage.on(page, server);
      await stage.open(kind, address(kind, view));
      await stage.play(4);
      for (const time of [13.3, 3.9, 12, 0, 16.1, 8]) {
        await stage.seek(time);
        await expect.poll(async () => (await stage.state()).time, { intervals: [50] }).toBeGreaterThan(time + 0.8);
      }
      await stage.ended(30);
      await stage.expectSmooth();
    });
  }
}
