// Clips that say in every frame which one it is: a strip of black and white squares along the
// top edge, its number in binary, readable in the smallest rung too.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export const run = promisify(execFile);

export const WIDTH = 848;
export const HEIGHT = 480;
export const BITS = 11;
export const CELL = 48;

export interface Clip {
  name: string;
  /** What is written in the frames, in their order. */
  numbers: number[];
  /** When they are shown, in seconds. */
  times: number[];
  /** How long it plays. */
  duration: number;
  /** How long a frame is shown. */
  step: number;
  /** Frames a second, on average. */
  rate: number;
  /** Its own picture is taken over for the top rung. */
  copied: boolean;
  extension: string;
  args: string[];
}

interface Source {
  name: string;
  rate: [number, number];
  seconds: number;
  copied?: boolean;
  extension: string;
  /** Which frames stay. */
  kept?: { filter: string; keeps: (number: number) => boolean };
  codec: string[];
}

const strip = [
  `drawbox=x=0:y=0:w=${BITS * CELL}:h=${CELL}:color=black:t=fill`,
  ...Array.from(
    { length: BITS },
    (_, bit) => `drawbox=x=${bit * CELL}:y=0:w=${CELL}:h=${CELL}:color=white:t=fill:enable='mod(floor(n/${2 ** bit})\\,2)'`,
  ),
];

function clip({ name, rate: [num, den], seconds, copied = false, extension, kept, codec }: Source): Clip {
  const count = Math.ceil((seconds * num) / den - 1e-6);
  const numbers = Array.from({ length: count }, (_, number) => number).filter((number) => kept?.keeps(number) ?? true);
  const picture = [`testsrc2=s=${WIDTH}x${HEIGHT}:r=${num}/${den}`, `trim=end_frame=${count}`, ...strip, ...(kept ? [kept.filter] : [])];
  const sound = `sine=frequency=440:beep_factor=4:sample_rate=48000:duration=${(count * den) / num}`;
  return {
    name,
    numbers,
    times: numbers.map((number) => (number * den) / num),
    duration: (count * den) / num,
    step: den / num,
    rate: (numbers.length * num) / (count * den),
    copied,
    extension,
    args: [
      ...["-f", "lavfi", "-i", picture.join(","), "-f", "lavfi", "-i", sound],
      ...["-fps_mode", kept ? "vfr" : "passthrough", "-pix_fmt", "yuv420p", ...codec],
    ],
  };
}

/** Quickly made. */
const MPEG4 = ["-c:v", "mpeg4", "-q:v", "5", "-g", "50", "-c:a", "aac"];
const VP8 = ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M", "-g", "50", "-c:a", "libopus"];

/** Every rung has to be made. */
export const counted = clip({ name: "counted", rate: [25, 1], seconds: 24, extension: "webm", codec: VP8 });

/** Of a film: 23.976 frames a second, pictures in another order than they are shown. */
export const film = clip({
  name: "film",
  rate: [24_000, 1001],
  seconds: 18,
  copied: true,
  extension: "mp4",
  codec: ["-c:v", "libx264", "-preset", "veryfast", "-crf", "30", "-bf", "3", "-g", "48", "-sc_threshold", "0", "-c:a", "aac", "-movflags", "+faststart"],
});

/** No two steps alike, and half a second in which nothing moves. */
export const uneven = clip({
  name: "uneven",
  rate: [30, 1],
  seconds: 18,
  extension: "webm",
  kept: {
    filter: "select='not(eq(mod(n\\,5)\\,2)+eq(mod(n\\,7)\\,3)+between(n\\,200\\,214))'",
    keeps: (number) => number % 5 !== 2 && number % 7 !== 3 && !(number >= 200 && number <= 214),
  },
  codec: VP8,
});

/** Long enough to be watched while it is being made. */
export const long = (name: string, seconds: number): Clip => clip({ name, rate: [25, 1], seconds, extension: "mkv", codec: MPEG4 });

export class Clips {
  readonly #made = new Map<string, Promise<string>>();
  private constructor(readonly folder: string) {}

  static async begin(): Promise<Clips> {
    return new Clips(await mkdtemp(join(tmpdir(), "kadr-clips-")));
  }

  /** The file, made when it is asked for. */
  file(clip: Clip): Promise<string> {
    const made = this.#made.get(clip.name) ?? this.#make(clip);
    this.#made.set(clip.name, made);
    return made;
  }

  async bytes(clip: Clip): Promise<Buffer> {
    return readFile(await this.file(clip));
  }

  async #make(clip: Clip): Promise<string> {
    const path = join(this.folder, `${clip.name}.${clip.extension}`);
    await run("ffmpeg", ["-nostdin", "-loglevel", "error", "-y", ...clip.args, path]);
    return path;
  }

  async end(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * As it stands on the output's clock, which begins with whatever begins first: sound in WebM does
 * so some milliseconds before the picture. The first frame is shown from the very beginning.
 */
export async function onItsClock(clip: Clip, file: string): Promise<Clip> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "stream=start_time", "-of", "csv=p=0", file]);
  const origin = Math.min(...stdout.split("\n").map((line) => Number.parseFloat(line)).filter(Number.isFinite));
  return { ...clip, times: clip.times.map((time, index) => (index === 0 ? 0 : time - origin)), duration: clip.duration - origin };
}

/** Which source frame is on the screen at that time. */
export function shownAt(clip: Clip, time: number): number {
  let index = clip.times.findIndex((start) => start > time + 1e-6);
  if (index < 0) index = clip.times.length;
  return index - 1;
}

/** The numbers in frames that were scaled to so many samples of grey. */
export const READ = { width: BITS * 8, height: 8 };

export function numbersIn(grey: Buffer): number[] {
  const size = READ.width * READ.height;
  return Array.from({ length: grey.length / size }, (_, frame) => {
    let number = 0;
    for (let bit = 0; bit < BITS; bit += 1) {
      if ((grey[frame * size + 4 * READ.width + bit * 8 + 4] ?? 0) > 127) number += 2 ** bit;
    }
    return number;
  });
}
