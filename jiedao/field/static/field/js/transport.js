// Requests to the server. An answer from elsewhere (the sign-in page of a public network, a redirect) counts as none.
import { SignedOut, Unreachable } from "./queue.js";

const TIMEOUT = 60_000;

/** Fetch JSON; resolve to {ok, status, body}. */
async function ask(url, options = {}) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), TIMEOUT);
  let answer;
  let body;
  try {
    answer = await fetch(url, { credentials: "same-origin", cache: "no-store", headers: {}, signal: limit.signal, ...options });
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    body = isJson ? await answer.json() : null;
  } catch (fault) {
    throw new Unreachable(String(fault));
  } finally {
    clearTimeout(timer);
  }
  if (answer.status === 401) throw new SignedOut();
  if (body === null) {
    if (answer.redirected && new URL(answer.url).origin === location.origin) throw new SignedOut(answer.url);
    if (answer.status < 500 && answer.status !== 413) throw new Unreachable(`no JSON, status ${answer.status}`);
  }
  return { ok: answer.ok, status: answer.status, body };
}

export class Transport {
  /** `isPage` is false in the service worker, whose requests never count as use of the session. */
  constructor(home, { isPage = true } = {}) {
    this.home = home;
    this.token = "";
    this.touched = isPage;
    if (!isPage) return;
    for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => (this.touched = true), { passive: true });
  }

  /** Send `active=1` if the user touched the screen since the last request: only that keeps a session alive. */
  async get(path) {
    const answer = await ask(`${this.home}${path}${this.touched ? "?active=1" : ""}`);
    this.touched = false;
    return answer;
  }

  /** Return the id of the user who is signed in, and remember the token for what is sent. */
  async hello() {
    const { ok, body } = await this.get("hello/");
    if (!ok) throw new SignedOut();
    this.token = body.token;
    return body.user;
  }

  day = () => this.get("day/");

  /** Return the content of a preview, or null where the server has none. */
  async preview(id) {
    try {
      const answer = await fetch(`${this.home}previews/${id}/`, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout?.(TIMEOUT) });
      const isPicture = (answer.headers.get("Content-Type") ?? "") === "image/jpeg";
      return answer.ok && isPicture ? await answer.arrayBuffer() : null;
    } catch (fault) {
      throw new Unreachable(String(fault));
    }
  }

  async photo(photo) {
    const form = new FormData();
    form.append("id", photo.id);
    form.append("kind", photo.kind);
    form.append("file", new Blob([photo.content], { type: photo.type }), photo.name);
    return ask(`${this.home}photos/`, { method: "POST", body: form, headers: { "X-CSRFToken": this.token } });
  }

  item(item) {
    const headers = { "X-CSRFToken": this.token, "Content-Type": "application/json" };
    return ask(`${this.home}items/`, { method: "POST", body: JSON.stringify(item), headers });
  }
}
