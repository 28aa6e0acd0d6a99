// FFmpeg's command line as the judge of what was made.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const QUIET = ["-v", "error"];

export interface Judged {
  width: number;
  height: number;
  /** When each decoded frame is shown, in seconds. */
  times: number[];
}

/** The first picture there is, decoded whole; whatever FFmpeg has to say about it is a failure. */
export async function judged(source: string): Promise<Judged> {
  const entries = "stream=width,height:frame=best_effort_timestamp_time";
  const asked = [...QUIET, "-select_streams", "v:0", "-show_entries", entries, "-of", "json", source];
  const { stdout, stderr } = await run("ffprobe", asked, { maxBuffer: 1 << 28 });
  if (stderr.trim()) throw new Error(`ffprobe about ${source}: ${stderr}`);
  const found = JSON.parse(stdout) as { streams: { width: number; height: number }[]; frames: { best_effort_timestamp_time: string }[] };
  const [stream] = found.streams;
  return { width: stream?.width ?? 0, height: stream?.height ?? 0, times: found.frames.map((frame) => Number(frame.best_effort_timestamp_time)) };
}

/** The grey of every frame, one after another, behind a filter. */
export async function pixels(source: string, filter: string): Promise<Buffer> {
  const shown = ["-i", source, "-map", "0:v:0", "-fps_mode", "passthrough", "-vf", filter, "-pix_fmt", "gray", "-f", "rawvideo", "-"];
  const { stdout } = await run("ffmpeg", ["-nostdin", ...QUIET, ...shown], { encoding: "buffer", maxBuffer: 1 << 30 });
  return stdout;
}
