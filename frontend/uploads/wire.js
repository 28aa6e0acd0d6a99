// One request by XMLHttpRequest: `fetch` tells nothing of the way up.
import { Fault } from "./tus.js";

/** A connection that moves no byte for so long is dead, whatever it says: a notebook slept, a
 * train went into a tunnel. */
const SILENCE = 30_000;
/** All is sent, and the server writes it down. */
const ANSWER = 90_000;

/**
 * Answers `{ status, code, header }`; throws a `Fault` with status 0 when nobody answered, and
 * what the signal says when it was given up.
 */
export function wire({ method, address, headers, body, signal, onProgress }) {
  return new Promise((done, fail) => {
    if (signal?.aborted) {
      fail(signal.reason);
      return;
    }
    const request = new XMLHttpRequest();
    let timer = 0;
    const wait = (ms) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        request.abort();
        end(() => fail(new Fault("unreachable")));
      }, ms);
    };
    const giveUp = () => {
      request.abort();
      end(() => fail(signal.reason));
    };
    const end = (act) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
      act();
    };
    signal?.addEventListener("abort", giveUp);
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, String(value));
    request.setRequestHeader("Accept", "application/json, application/problem+json");
    if (body) {
      request.upload.onprogress = ({ loaded }) => {
        wait(loaded >= body.size ? ANSWER : SILENCE);
        onProgress?.(Math.min(loaded, body.size));
      };
      request.upload.onload = () => wait(ANSWER);
    }
    request.onload = () =>
      end(() =>
        done({
          status: request.status,
          code: codeOf(request),
          header: (name) => request.getResponseHeader(name),
        }),
      );
    request.onerror = () => end(() => fail(new Fault("unreachable")));
    wait(SILENCE);
    request.send(body ?? null);
  });
}

/** The stable name of a refusal. */
function codeOf(request) {
  if (request.status < 400 || !request.responseText) return undefined;
  try {
    const { code } = JSON.parse(request.responseText);
    return typeof code === "string" ? code : undefined;
  } catch {
    // Somebody between us and the server spoke.
    return undefined;
  }
}
