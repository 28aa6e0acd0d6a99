// What playlists say of a video, and what FFmpeg and its very bytes say.
import { counted, film, numbersIn, READ, BITS, CELL, HEIGHT, uneven, WIDTH } from "./clips.ts";
import { fragments, init } from "./boxes.ts";
import { judged, pixels } from "./ffmpeg.ts";
import { expect, test } from "./library.ts";
import { bytes, master, playlist, type Playlist, text } from "./playlists.ts";
import { account, ask, completed, send } from "./videos.ts";

const STRIP = `crop=iw*${(BITS * CELL) / WIDTH}:ih*${CELL / HEIGHT}:0:0,scale=${READ.width}:${READ.height}:flags=area`;

/** True within ten percent. */
function near(said: string | undefined, measured: number, what: string): void {
  expect(Math.abs(Number(said) / measured - 1), `${what}: ${said} is said, ${measured} measured`).toBeLessThan(0.1);
}

interface Measured {
  listed: Playlist;
  peak: number;
  average: number;
  codec: string;
  timescale: number;
  segments: ReturnType<typeof fragments>[];
}

/** The bits a second of each stretch about as long as the target, and of everything. */
async function measure(url: string): Promise<Measured> {
  const listed = playlist(await text(url));
  const at = (uri: string) => bytes(new URL(uri, url).href);
  const sizes: [number, number][] = [];
  const segments = [];
  for (const { uri, duration } of listed.segments) {
    const segment = await at(uri);
    sizes.push([segment.length * 8, duration]);
    segments.push(fragments(segment));
  }
  const rate = (some: [number, number][]) => some.reduce((sum, [bits]) => sum + bits, 0) / some.reduce((sum, [, seconds]) => sum + seconds, 0);
  let peak = 0;
  for (let from = 0; from < sizes.length; from += 1) {
    for (let to = from + 1; to <= sizes.length; to += 1) {
      const stretch = sizes.slice(from, to);
      const seconds = stretch.reduce((sum, [, one]) => sum + one, 0);
      if (seconds >= listed.target / 2 && seconds <= listed.target * 1.5) peak = Math.max(peak, rate(stretch));
    }
  }
  return { listed, peak, average: rate(sizes), segments, ...init(await at(listed.init)) };
}

for (const planned of [counted, film, uneven]) {
  test(`${planned.name}: what is said of it is true`, async ({ server, library }) => {
    const { view, clip, source } = await library.video(planned);
    const url = `${server.url}${view.hls_url}`;
    const { variants, sounds, keyFrames } = master(await text(url));
    expect(variants.map(({ attributes }) => attributes.get("RESOLUTION"))).toEqual(["848x480", "636x360", "424x240"]);
    expect(keyFrames).toHaveLength(3);
    expect(sounds).toHaveLength(1);
    const sound = await measure(new URL(sounds[0]?.uri ?? "", url).href);
    const starts: number[][] = [];
    const own = await pixels(source, STRIP);
    expect(numbersIn(own)).toEqual(clip.numbers);

    for (const { uri, attributes } of variants) {
      const address = new URL(uri, url).href;
      const picture = await measure(address);
      near(attributes.get("BANDWIDTH"), picture.peak + sound.peak, "BANDWIDTH");
      near(attributes.get("AVERAGE-BANDWIDTH"), picture.average + sound.average, "AVERAGE-BANDWIDTH");
      near(attributes.get("FRAME-RATE"), clip.rate, "FRAME-RATE");
      expect(attributes.get("CODECS")?.split(",")).toEqual([picture.codec, sound.codec]);
      expect([picture.listed.type, picture.listed.ended]).toEqual(["VOD", true]);
      // As FFmpeg sees it: every frame of the source, each at its time, and no other. (It moves
      // pictures by as much as they change their order, and uneven ones more and more.)
      const seen = await judged(address);
      expect(`${seen.width}x${seen.height}`).toBe(attributes.get("RESOLUTION"));
      expect(seen.times).toHaveLength(clip.numbers.length);
      const away = (times: number[]) => times.filter((time, index) => Math.abs(time - (clip.times[index] ?? -1)) > 0.0015);
      const moved = seen.times.map((time) => time - (seen.times[0] ?? 0));
      if (planned !== uneven) expect(away(moved), "frames that are not at their time").toEqual([]);
      expect(numbersIn(await pixels(address, STRIP))).toEqual(clip.numbers);

      // As it is written: each segment and each fragment begins where the one before ended, with a
      // picture that needs no other.
      const written = picture.segments.flat().flatMap(({ shown }) => shown.map((time) => time / picture.timescale));
      expect(away(written), "frames that are not written at their time").toEqual([]);
      let next = 0;
      const over: string[] = [];
      for (const segment of picture.segments) {
        for (const fragment of segment) {
          expect(fragment.start).toBe(next);
          expect(fragment.shown[0], "nothing is shown before it").toBe(fragment.start);
          expect(fragment.units.find((unit) => unit === 1 || unit === 5)).toBe(5);
          next = fragment.start + fragment.duration;
          if (fragment.end > next) over.push(`${fragment.start / picture.timescale} s: ${fragment.end - next} of ${picture.timescale}`);
        }
      }
      expect(over, "frames that reach into what comes after them").toEqual([]);
      expect(Math.abs(next / picture.timescale - clip.duration)).toBeLessThanOrEqual(clip.step);
      starts.push(picture.segments.map(([first]) => (first?.start ?? -1) / picture.timescale));
      for (const [number, { duration }] of picture.listed.segments.entries()) {
        const real = (picture.segments[number] ?? []).reduce((sum, fragment) => sum + fragment.duration, 0) / picture.timescale;
        expect(Math.abs(duration - real)).toBeLessThan(0.001);
      }
    }
    // All qualities can be left and entered at the same places.
    for (const other of starts.slice(1)) {
      expect(other).toHaveLength(starts[0]?.length ?? 0);
      other.forEach((start, at) => expect(Math.abs(start - (starts[0]?.[at] ?? -1))).toBeLessThan(0.001));
    }
    let next = 0;
    for (const fragment of sound.segments.flat()) {
      expect(fragment.start).toBe(next);
      next += fragment.duration;
    }
  });

  test(`${planned.name}: DASH names the same segments`, async ({ server, library }) => {
    const { view, clip } = await library.video(planned);
    const url = `${server.url}${view.dash_url}`;
    const written = await text(url);
    const listed = new Set<string>();
    const { variants, sounds } = master(await text(`${server.url}${view.hls_url}`));
    for (const { uri } of [...variants, ...sounds]) {
      const address = new URL(uri, url);
      const { segments, init: first } = playlist(await text(address.href));
      for (const name of [first, ...segments.map((segment) => segment.uri)]) listed.add(new URL(name, address).pathname);
    }
    const named = new Set<string>();
    for (const [, inside] of written.matchAll(/<SegmentTemplate([\s\S]*?)<\/SegmentTemplate>/g)) {
      const value = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(inside ?? "")?.[1] ?? "";
      named.add(new URL(value("initialization"), url).pathname);
      const stretches = [...(inside ?? "").matchAll(/<S\b([^>]*)>/g)].map(([, s]) => Number(/\br="(\d+)"/.exec(s ?? "")?.[1] ?? 0) + 1);
      const count = stretches.reduce((sum, one) => sum + one, 0);
      for (let number = 0; number < count; number += 1) {
        named.add(new URL(value("media").replace("$Number%05d$", String(number).padStart(5, "0")), url).pathname);
      }
    }
    expect([...named].sort()).toEqual([...listed].sort());
    const seen = await judged(url);
    expect(seen.times).toHaveLength(clip.numbers.length);
  });
}

test("film: the copied picture is the source's, frame by frame", async ({ server, library }) => {
  const { view, source } = await library.video(film);
  const whole = "scale=212:120:flags=area";
  const copy = await pixels(`${server.url}/media/${view.id}/v480/index.m3u8`, whole);
  expect(copy.equals(await pixels(source, whole))).toBe(true);
});

test("what is private is there for its owner alone", async ({ server, library }) => {
  // Other bytes than any video here: shared ones would be seen through the other one.
  const free = Buffer.from([0, 0, 0, 16, ...Buffer.from("free"), ...Buffer.from("private!")]);
  const clip = Buffer.concat([await library.clips.bytes(film), free]);
  const sent = await send(library.who, clip, "private.mp4", "private");
  const view = await completed(sent);
  const other = await account(server);
  const files = ["master.m3u8", "manifest.mpd", "v240/index.m3u8", "v240/init.mp4", "v240/00000.m4s", "a0/00000.m4s", "poster-360.jpg"];
  const paths = [`/api/v1/videos/${view.id}`, ...files.map((file) => `/media/${view.id}/${file}`)];
  const status = async (path: string, headers: Record<string, string>) => (await fetch(`${server.url}${path}`, { headers })).status;
  for (const path of paths) {
    expect(await status(path, {}), path).toBe(404);
    expect(await status(path, { authorization: `Bearer ${other.token}` }), path).toBe(404);
    expect(await status(path, { authorization: `Bearer ${sent.who.token}` }), path).toBe(200);
    expect(await status(path, { authorization: "Bearer nonsense" }), path).not.toBe(200);
  }
  expect((await ask(sent)).hls_url).toBe(`/media/${view.id}/master.m3u8`);
});
