// What the page asks the house about: server functions of app/src/uploads/api.rs.
import { Fault } from "./tus.js";

/** Who has not answered by then will not: a notebook slept, a train went into a tunnel. */
const PATIENCE = 15_000;
/** Browsers carry no more beyond the end of a page; other requests of it count too. */
const BEYOND = 30_000;

/** Answers what the function answers. Throws a `Fault` with its code, and `faults` by field. */
export async function call(name, values = {}, { signal, keepalive = false } = {}) {
  const given = new AbortController();
  const giveUp = () => given.abort();
  const timer = setTimeout(giveUp, PATIENCE);
  signal?.addEventListener("abort", giveUp);
  try {
    signal?.throwIfAborted();
    return await ask(name, new URLSearchParams(values), given.signal, keepalive);
  } catch (fault) {
    signal?.throwIfAborted();
    throw fault instanceof Fault ? fault : new Fault("unreachable");
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}

async function ask(name, body, signal, keepalive) {
  const answer = await fetch(`/ui/uploads/${name}`, {
    method: "POST",
    headers: { Accept: "application/json" },
    body,
    signal,
    keepalive: keepalive && body.toString().length < BEYOND,
  });
  const text = await answer.text();
  const said = read(text);
  if (answer.ok) return said;
  const after = Number(answer.headers.get("Retry-After") ?? 0) * 1000;
  const fault = new Fault(codeOf(said) ?? (answer.status === 401 ? "not_logged_in" : "failed"), { status: answer.status, after });
  fault.faults = Object.fromEntries(said?.refused?.faults ?? []);
  throw fault;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    // Somebody between us and the server spoke.
    return null;
  }
}

/** A refusal is a problem document, or an error of a form: `{ refused: { why } }`. */
function codeOf(said) {
  const why = said?.refused?.why ?? said?.failed?.why ?? said?.code;
  if (typeof why === "string") return why;
  // One with a figure: `{ too_many: { limit } }`.
  return why ? Object.keys(why)[0] : undefined;
}
