// What the page asks the house about: server functions of app/src/uploads/api.rs.
import { Fault } from "./tus.js";

/** Answers what the function answers. Throws a `Fault` with its code, and `faults` by field. */
export async function call(name, values = {}, { signal, keepalive = false } = {}) {
  let answer;
  try {
    answer = await fetch(`/ui/uploads/${name}`, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(values),
      signal,
      keepalive,
    });
  } catch (fault) {
    signal?.throwIfAborted();
    throw new Fault("unreachable");
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok) return said;
  const after = Number(answer.headers.get("Retry-After") ?? 0) * 1000;
  const fault = new Fault(codeOf(said) ?? (answer.status === 401 ? "not_logged_in" : "failed"), { status: answer.status, after });
  fault.faults = Object.fromEntries(said?.refused?.faults ?? []);
  throw fault;
}

/** A refusal is a problem document, or an error of a form: `{ refused: { why } }`. */
function codeOf(said) {
  const why = said?.refused?.why ?? said?.failed?.why ?? said?.code;
  if (typeof why === "string") return why;
  // One with a figure: `{ too_many: { limit } }`.
  return why ? Object.keys(why)[0] : undefined;
}
