// Files that may be pictures: what the server takes goes as it is, what only the browser can
// show is painted anew.

/** A file larger than this is not even opened: it would be the whole memory of a phone. */
const HOPELESS = 64 * 1024 * 1024;
/** The side of a picture that is painted anew; the largest avatar is 512. */
const PAINTED = 1024;

/** Opens a file in an <img>, which turns it upright. Throws a code of the catalogue. */
export async function open(file, image) {
  if (file.size === 0) throw new Error("avatar_empty");
  if (file.size > HOPELESS) throw new Error("avatar_too_large");
  const url = URL.createObjectURL(file);
  image.src = url;
  try {
    await image.decode();
    if (!image.naturalWidth || !image.naturalHeight) throw new Error("nothing to see");
  } catch {
    URL.revokeObjectURL(url);
    image.removeAttribute("src");
    throw new Error("unreadable");
  }
  return url;
}

/** Whether the server reads this kind, by its first bytes: names and types are guesses. */
export async function isTaken(file) {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const text = String.fromCharCode(...head);
  return (
    text.startsWith("\xff\xd8\xff") ||
    text.startsWith("\x89PNG\r\n\x1a\n") ||
    text.startsWith("GIF8") ||
    (text.startsWith("RIFF") && text.slice(8) === "WEBP")
  );
}

/** The square of a picture as a PNG of its own. */
export async function paint(image, { x, y, side }) {
  const size = Math.min(PAINTED, side);
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  canvas.getContext("2d").drawImage(image, x, y, side, side, 0, 0, size, size);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("unreadable");
  return { file: blob, crop: { x: 0, y: 0, side: size } };
}

/** What a camera shows right now, as a file. */
export async function shot(video) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  if (!blob) throw new Error("camera_busy");
  return blob;
}
