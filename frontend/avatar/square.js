// The square that is cut out of a picture: arithmetic only, so that it can be tested alone.
// Everything is in pixels of the picture as a person sees it (turned upright).

/** The smallest square that still makes an avatar, and how far one may zoom in. */
const LEAST = 64;
const MOST_ZOOM = 8;

export class Square {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.largest = Math.min(width, height);
    this.smallest = Math.min(this.largest, Math.max(LEAST, this.largest / MOST_ZOOM));
    this.side = this.largest;
    this.x = (width - this.side) / 2;
    // Faces are above the middle of a portrait.
    this.y = (height - this.side) / (height > width ? 3 : 2);
  }

  /** Moves it, as far as the picture goes. */
  move(dx, dy) {
    this.x = between(this.x + dx, 0, this.width - this.side);
    this.y = between(this.y + dy, 0, this.height - this.side);
  }

  /** Zooms by a factor; the point at (u, v) of the square, 0 to 1, stays where it is. */
  zoomBy(factor, u = 0.5, v = 0.5) {
    this.resize(this.side / factor, u, v);
  }

  /** The zoom as a slider has it: 0 shows all, 100 is as near as one can get. */
  get level() {
    const range = Math.log(this.largest / this.smallest);
    return range === 0 ? 0 : (Math.log(this.largest / this.side) / range) * 100;
  }

  set level(level) {
    const range = Math.log(this.largest / this.smallest);
    this.resize(this.largest / Math.exp((range * between(level, 0, 100)) / 100), 0.5, 0.5);
  }

  resize(side, u, v) {
    const before = this.side;
    this.side = between(side, this.smallest, this.largest);
    this.move((before - this.side) * u, (before - this.side) * v);
  }

  /** Whole pixels inside of the picture, as they are sent. */
  whole() {
    const side = Math.max(1, Math.round(this.side));
    return {
      x: between(Math.round(this.x), 0, this.width - side),
      y: between(Math.round(this.y), 0, this.height - side),
      side,
    };
  }
}

export function between(value, low, high) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
