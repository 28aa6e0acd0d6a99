// The page in which players of others show a video: what they do, and what is seen of it.
// Driven from stage.ts.

const BITS = 11;
const SQUARE = { width: 48 / 848, height: 48 / 480 };
const video = document.querySelector("video");
const canvas = document.createElement("canvas");
canvas.width = BITS * 8;
canvas.height = 8;
const paper = canvas.getContext("2d", { willReadFrequently: true });

const seen = { events: [], errors: [], frames: [], switched: [] };
for (const type of ["error", "waiting", "stalled", "playing", "pause", "seeking", "seeked", "ratechange", "ended"]) {
  video.addEventListener(type, () => seen.events.push({ type, at: video.currentTime, seeking: video.seeking, wall: performance.now() }));
}
const look = (_, { mediaTime, presentedFrames }) => {
  seen.frames.push({ time: mediaTime, count: presentedFrames });
  video.requestVideoFrameCallback(look);
};
video.requestVideoFrameCallback(look);

const until = async (is, what) => {
  const deadline = performance.now() + 20_000;
  while (!is()) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (performance.now() > deadline) throw new Error(`never ${what}: ${JSON.stringify({ ...window.stage.state(), height: video.videoHeight, seeking: video.seeking, errors: seen.errors })}`);
  }
};

/** Which source frame is on the screen. */
function number() {
  const [width, height] = [video.videoWidth * SQUARE.width * BITS, video.videoHeight * SQUARE.height];
  paper.drawImage(video, 0, 0, width, height, 0, 0, canvas.width, canvas.height);
  const { data } = paper.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let bit = 0; bit < BITS; bit += 1) {
    if (data[4 * (4 * canvas.width + bit * 8 + 4)] > 127) found += 2 ** bit;
  }
  return found;
}

/** hls.js, with a short buffer, so that another quality is soon on the screen. */
function withHls(url) {
  // It leaps over what is not there if that is shorter than a frame or two, instead of loading it.
  const whole = { maxBufferHole: 0.01 };
  const hls = new window.Hls({ startLevel: 0, maxBufferLength: 6, maxMaxBufferLength: 6, backBufferLength: Infinity, ...whole });
  const events = window.Hls.Events;
  hls.on(events.ERROR, (_, { type, details, fatal, error }) => {
    // It lets go of what it was loading when it is told to seek or to change.
    if (details === window.Hls.ErrorDetails.INTERNAL_ABORTED && !fatal) return;
    seen.errors.push({ type, details, fatal, at: video.currentTime, text: String(error?.message ?? "") });
  });
  let round = false;
  hls.on(events.FRAG_BUFFERED, (_, { frag }) => {
    if (frag.type !== "main" || frag.sn === "initSegment") return;
    seen.switched.push({ at: frag.start, quality: frag.level });
    if (round) hls.nextLoadLevel = (frag.level + 1) % hls.levels.length;
  });
  hls.loadSource(url);
  hls.attachMedia(video);
  return {
    ready: () => hls.levels.length > 0,
    qualities: () => hls.levels.map(({ height }) => height),
    // What is shown is thrown away, and fetched again in the other quality.
    force: (height) => {
      hls.currentLevel = hls.levels.findIndex((level) => level.height === height);
    },
    // Each segment in another one.
    goRound: (on) => {
      round = on;
      if (!on) hls.loadLevel = -1;
    },
    patient: (seconds) => {
      hls.config.maxBufferLength = seconds;
      hls.config.maxMaxBufferLength = seconds;
    },
  };
}

async function withShaka(url) {
  window.shaka.polyfill.installAll();
  const player = new window.shaka.Player();
  await player.attach(video);
  player.configure({ abr: { enabled: false }, streaming: { bufferingGoal: 6, rebufferingGoal: 0.5, bufferBehind: 1000 } });
  const say = ({ severity, category, code, data }) => seen.errors.push({ type: String(category), details: String(code), fatal: severity === 2, at: video.currentTime, text: String(data) });
  player.addEventListener("error", ({ detail }) => say(detail));
  const tracks = () => player.getVariantTracks().toSorted((a, b) => a.height - b.height);
  let round = false;
  let turn = 0;
  player.addEventListener("segmentappended", (event) => {
    if (event.contentType !== "video" && event.contentType !== undefined) return;
    seen.switched.push({ at: event.start, quality: tracks().findIndex(({ active }) => active) });
    turn += 1;
    if (round) player.selectVariantTrack(tracks()[turn % tracks().length], false);
  });
  await player.load(url).catch(say);
  return {
    ready: () => tracks().length > 0,
    qualities: () => tracks().map(({ height }) => height),
    force: (height) => player.selectVariantTrack(tracks().find((track) => track.height === height), true, 0),
    goRound: (on) => {
      round = on;
    },
    patient: (seconds) => player.configure({ streaming: { bufferingGoal: seconds } }),
  };
}

let player;

window.stage = {
  seen,
  async open(kind, url) {
    player = kind === "hls" ? withHls(url) : await withShaka(url);
    await until(() => player.ready() || seen.errors.length > 0, "ready");
    await until(() => video.readyState >= 2 || seen.errors.length > 0, "a picture");
    return player.qualities();
  },
  goRound: (on) => player.goRound(on),
  patient: (seconds) => player.patient(seconds),

  async play(rate) {
    video.muted = true;
    video.playbackRate = rate;
    await video.play();
  },
  rate(rate) {
    video.playbackRate = rate;
  },
  pause: () => video.pause(),

  async seek(time) {
    video.currentTime = time;
    await until(() => !video.seeking, `at ${time} s`);
  },

  /** What is shown at each of these times, while nothing plays: waits a little for what is expected. */
  async stills(wanted, height) {
    player.force(height);
    // It has not let go of the other one yet.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const found = [];
    for (const { time, number: expected } of wanted) {
      await this.seek(time);
      await until(() => video.videoHeight === height, `${height} high at ${time} s`);
      // What begins within two frames Chromium takes for the place it was asked for, and shows that,
      // though the player fetches the rest. Asked again, it shows the right one.
      for (let again = 0; again < 3 && number() !== expected; again += 1) {
        const deadline = performance.now() + 1000;
        while (number() !== expected && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
        if (number() !== expected) await this.seek(time);
      }
      found.push({ time, number: number() });
    }
    return found;
  },

  /** The frames that are seen from half a second before that time to half a second after it. */
  async across(time) {
    video.pause();
    await this.seek(Math.max(0, time - 0.5));
    await until(() => video.readyState >= 4, "enough");
    const begun = seen.frames.length;
    await this.play(1);
    await until(() => video.currentTime >= time + 0.5 || video.ended, `past ${time} s`);
    video.pause();
    return seen.frames.slice(begun).map((frame) => frame.time);
  },

  state() {
    const ranges = Array.from({ length: video.buffered.length }, (_, at) => [video.buffered.start(at), video.buffered.end(at)]);
    const { totalVideoFrames, droppedVideoFrames, corruptedVideoFrames } = video.getVideoPlaybackQuality();
    return {
      time: video.currentTime,
      duration: video.duration,
      ended: video.ended,
      ranges,
      total: totalVideoFrames,
      dropped: droppedVideoFrames,
      corrupted: corruptedVideoFrames,
      error: video.error?.message ?? null,
    };
  },
};
