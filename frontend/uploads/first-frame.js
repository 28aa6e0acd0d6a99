// A small picture of the first frame of a film, where the browser can decode it. One at a
// time: decoders are few, and the sending comes first.

const WIDTH = 320;
const PATIENCE = 8000;
/** The very first frame is often black. */
const AT = 0.5;

let last = Promise.resolve();

/** Answers the address of a picture, or nothing. */
export function firstFrame(file) {
  const mine = last.then(() => paint(file)).catch(() => undefined);
  last = mine;
  return mine;
}

async function paint(file) {
  const url = URL.createObjectURL(file);
  try {
    if (file.type === "image/gif") {
      const image = new Image();
      image.src = url;
      await image.decode();
      return await drawn(image, image.naturalWidth, image.naturalHeight);
    }
    if (file.type.startsWith("audio/")) return undefined;
    return await ofVideo(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

async function ofVideo(url) {
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.preload = "auto";
  const heard = (name) =>
    new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error("too slow")), PATIENCE);
      const end = (act) => {
        clearTimeout(timer);
        act();
      };
      video.addEventListener(name, () => end(done), { once: true });
      video.addEventListener("error", () => end(() => fail(new Error("cannot be decoded"))), { once: true });
    });
  try {
    const loaded = heard("loadeddata");
    video.src = url;
    await loaded;
    if (!video.videoWidth) return undefined;
    if (video.duration > 2 * AT) {
      const there = heard("seeked");
      video.currentTime = AT;
      await there;
    }
    return await drawn(video, video.videoWidth, video.videoHeight);
  } finally {
    video.removeAttribute("src");
    video.load();
  }
}

async function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(WIDTH, width);
  canvas.height = Math.max(1, Math.round((canvas.width * height) / width));
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  return blob ? URL.createObjectURL(blob) : undefined;
}
