// Fragmented MP4, as far as the tests read it.

interface Box {
  type: string;
  body: Buffer;
}

const CONTAINERS = new Set(["moov", "trak", "mdia", "minf", "stbl", "mvex", "moof", "traf"]);

export function boxes(data: Buffer): Box[] {
  const found: Box[] = [];
  for (let at = 0; at + 8 <= data.length; ) {
    let [size, begin] = [data.readUInt32BE(at), 8];
    if (size === 1) [size, begin] = [Number(data.readBigUInt64BE(at + 8)), 16];
    if (size < begin) throw new Error(`a box of ${size} bytes`);
    found.push({ type: data.toString("latin1", at + 4, at + 8), body: data.subarray(at + begin, at + size) });
    at += size;
  }
  return found;
}

function* all(data: Buffer): Generator<Box> {
  for (const box of boxes(data)) {
    yield box;
    if (CONTAINERS.has(box.type)) yield* all(box.body);
  }
}

export interface Init {
  timescale: number;
  /** As in RFC 6381. */
  codec: string;
}

export function init(data: Buffer): Init {
  const mdhd = [...all(data)].find(({ type }) => type === "mdhd")?.body;
  if (!mdhd) throw new Error("no track");
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  const avcc = data.indexOf("avcC", 0, "latin1");
  if (avcc < 0) return { timescale, codec: data.includes("mp4a") ? "mp4a.40.2" : "?" };
  return { timescale, codec: `avc1.${data.toString("hex", avcc + 5, avcc + 8)}` };
}

export interface Fragment {
  /** Decode time of the first sample, and how long all of them are. */
  start: number;
  duration: number;
  samples: number;
  /** Presentation times, in the order they are shown. */
  shown: number[];
  /** When the last one to be shown says it ends: players throw away what begins before that. */
  end: number;
  /** Types of the NAL units of the first sample. */
  units: number[];
}

/** The fragments of a segment. */
export function fragments(data: Buffer): Fragment[] {
  const found: Fragment[] = [];
  let moof: Box | undefined;
  for (const box of boxes(data)) {
    if (box.type === "moof") moof = box;
    if (box.type === "mdat" && moof) found.push(fragment(moof.body, box.body));
  }
  return found;
}

function fragment(moof: Buffer, mdat: Buffer): Fragment {
  const inside = [...all(moof)];
  const body = (type: string) => inside.find((box) => box.type === type)?.body ?? Buffer.alloc(0);
  const [tfhd, tfdt] = [body("tfhd"), body("tfdt")];
  const start = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  const given = tfhd.readUInt32BE(0) & 0xffffff;
  let at = 8 + (given & 0x1 ? 8 : 0) + (given & 0x2 ? 4 : 0);
  const usual = given & 0x8 ? tfhd.readUInt32BE(at) : 0;
  at += given & 0x8 ? 4 : 0;
  const usualSize = given & 0x10 ? tfhd.readUInt32BE(at) : 0;

  const result: Fragment = { start, duration: 0, samples: 0, shown: [], end: 0, units: [] };
  let last = -1;
  let first = usualSize;
  for (const { body: trun } of inside.filter(({ type }) => type === "trun")) {
    const flags = trun.readUInt32BE(0) & 0xffffff;
    const count = trun.readUInt32BE(4);
    at = 8 + (flags & 0x1 ? 4 : 0) + (flags & 0x4 ? 4 : 0);
    const next = (flag: number, or: number, signed = false) => {
      if (!(flags & flag)) return or;
      at += 4;
      return signed ? trun.readInt32BE(at - 4) : trun.readUInt32BE(at - 4);
    };
    for (let sample = 0; sample < count; sample += 1) {
      const duration = next(0x100, usual);
      const size = next(0x200, usualSize);
      next(0x400, 0);
      const offset = next(0x800, 0, true);
      if (result.samples === 0) first = size;
      const shown = start + result.duration + offset;
      if (shown > last) [last, result.end] = [shown, shown + duration];
      result.shown.push(shown);
      result.duration += duration;
      result.samples += 1;
    }
  }
  result.shown.sort((a, b) => a - b);
  for (let unit = 0; unit + 4 < Math.min(first, mdat.length); unit += 4 + mdat.readUInt32BE(unit)) {
    result.units.push((mdat[unit + 4] ?? 0) & 0x1f);
  }
  return result;
}
