// HLS playlists, as far as the tests read them.

export interface Variant {
  uri: string;
  attributes: Map<string, string>;
}

export interface Master {
  variants: Variant[];
  keyFrames: Variant[];
  sounds: Variant[];
}

export interface Playlist {
  init: string;
  segments: { uri: string; duration: number }[];
  target: number;
  type: string;
  ended: boolean;
  lines: string[];
}

export async function text(url: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return answer.text();
}

export async function bytes(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
  return Buffer.from(await answer.arrayBuffer());
}

function attributes(line: string): Map<string, string> {
  const all = line.slice(line.indexOf(":") + 1).matchAll(/([A-Z0-9-]+)=("[^"]*"|[^,]*)/g);
  return new Map([...all].map(([, name, value]) => [name ?? "", (value ?? "").replaceAll('"', "")]));
}

export function master(written: string): Master {
  const found: Master = { variants: [], keyFrames: [], sounds: [] };
  const lines = written.split("\n");
  for (const [at, line] of lines.entries()) {
    if (line.startsWith("#EXT-X-STREAM-INF:")) found.variants.push({ uri: lines[at + 1] ?? "", attributes: attributes(line) });
    const named = attributes(line);
    const uri = named.get("URI") ?? "";
    if (line.startsWith("#EXT-X-I-FRAME-STREAM-INF:")) found.keyFrames.push({ uri, attributes: named });
    if (line.startsWith("#EXT-X-MEDIA:") && named.get("TYPE") === "AUDIO") found.sounds.push({ uri, attributes: named });
  }
  return found;
}

export function playlist(written: string): Playlist {
  const lines = written.split("\n").map((line) => line.trim());
  const value = (tag: string) => lines.find((line) => line.startsWith(`${tag}:`))?.slice(tag.length + 1) ?? "";
  const segments = lines.flatMap((line, at) => {
    const duration = /^#EXTINF:([\d.]+)/.exec(line)?.[1];
    const uri = lines.slice(at + 1).find((next) => next !== "" && !next.startsWith("#"));
    return duration && uri ? [{ uri, duration: Number(duration) }] : [];
  });
  return {
    init: /#EXT-X-MAP:URI="([^"]+)"/.exec(written)?.[1] ?? "",
    segments,
    target: Number(value("#EXT-X-TARGETDURATION")),
    type: value("#EXT-X-PLAYLIST-TYPE"),
    ended: lines.includes("#EXT-X-ENDLIST"),
    lines,
  };
}
