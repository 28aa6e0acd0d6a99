// tus 1.0.0, as much of it as a page needs: begin, ask, send, give up. What goes over the wire
// is asked of `wire` (see wire.js), so that tests can be the server.

/** What a request ended with, when not well. `status` is 0 when nobody answered. */
export class Fault extends Error {
  constructor(code, { status = 0, after = 0, offset } = {}) {
    super(code);
    this.code = code;
    this.status = status;
    /** Ms until it makes sense to try again, as the server says. */
    this.after = after;
    /** How far the upload is, as the server says. */
    this.offset = offset;
  }

  /** Whether the same may go better later, by itself. */
  get passes() {
    return this.status === 0 ? this.code === "unreachable" : [408, 409, 423, 425, 429, 507].includes(this.status) || (this.status >= 500 && this.status !== 501);
  }
}

const VERSION = { "Tus-Resumable": "1.0.0" };

export class Tus {
  #wire;
  #address;

  /** @param {string} address where uploads begin */
  constructor(wire, address) {
    this.#wire = wire;
    this.#address = address;
  }

  /** Begins an upload. Complete at once when the server knows that the sender has these bytes. */
  async create(length, metadata, signal) {
    const answer = await this.#ask("POST", this.#address, { "Upload-Length": length, "Upload-Metadata": written(metadata) }, { signal });
    const flow = answer.header("Location")?.split("/").pop();
    if (!flow) throw new Fault("failed", { status: 502 });
    return {
      flow,
      offset: number(answer.header("Upload-Offset")) ?? 0,
      video: answer.header("Kadr-Video"),
      duplicateOf: answer.header("Kadr-Duplicate-Of"),
    };
  }

  /** How far it is. */
  async offset(flow, signal) {
    const answer = await this.#ask("HEAD", this.#of(flow), {}, { signal });
    const offset = number(answer.header("Upload-Offset"));
    if (offset === undefined) throw new Fault("failed", { status: 502 });
    return offset;
  }

  /** Sends bytes; answers how far it is then. */
  async send(flow, offset, body, { signal, onProgress }) {
    const headers = { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" };
    const answer = await this.#ask("PATCH", this.#of(flow), headers, { body, signal, onProgress });
    return number(answer.header("Upload-Offset")) ?? offset + body.size;
  }

  /** Gives it up, with what has come. That it is gone already is as good. */
  async remove(flow, signal) {
    try {
      await this.#ask("DELETE", this.#of(flow), {}, { signal });
    } catch (fault) {
      if (![404, 410].includes(fault.status)) throw fault;
    }
  }

  #of(flow) {
    return `${this.#address}/${flow}`;
  }

  async #ask(method, address, headers, more) {
    const answer = await this.#wire({ method, address, headers: { ...VERSION, ...headers }, ...more });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new Fault(answer.code ?? STATUS_CODES[answer.status] ?? "failed", {
      status: answer.status,
      after: (number(answer.header("Retry-After")) ?? 0) * 1000,
      offset: number(answer.header("Upload-Offset")),
    });
  }
}

/** For answers that cannot have a body, as those to HEAD, or that somebody between us gave. */
const STATUS_CODES = { 401: "not_logged_in", 404: "upload_unknown", 410: "upload_gone", 413: "upload_too_large", 423: "upload_busy", 429: "too_many_requests", 507: "upload_no_room" };

function number(text) {
  return /^\d+$/.test(text ?? "") ? Number(text) : undefined;
}

/** `Upload-Metadata`: keys, and texts in base64. What is not there is left out. */
export function written(metadata) {
  return Object.entries(metadata)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]) => `${key} ${base64(String(value))}`)
    .join(",");
}

function base64(text) {
  let bytes = "";
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}
