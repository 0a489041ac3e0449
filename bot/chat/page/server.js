// Talks to the server: plain requests, and the stream of live changes that comes back by itself.

const DEADLINE = 15_000;
const SILENCE = 45_000; // three missed beats
const PAUSES = [500, 1000, 2000, 4000, 8000, 15_000];

let person = null;

export function speakAs(id) {
  person = id;
}

// Thrown for an answer that is a refusal; `reason` is for words, `passing` says a repeat may help.
export class Refused extends Error {
  constructor(status, reason, facts) {
    super(reason);
    this.status = status;
    this.reason = reason;
    this.facts = facts;
    this.passing = status === 503 || status === 408 || status === 409 || status >= 500;
  }
}

// Thrown when nothing came back: whether it arrived is unknown, so it is repeated with the same id.
export class Unreachable extends Error {}

export async function ask(method, path, body) {
  const headers = { Accept: "application/json" };
  if (person) headers["X-Kuguan-Person"] = person;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  let answer;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(DEADLINE),
    });
    answer = await response.json();
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (!response.ok) {
    throw new Refused(response.status, answer.error?.reason ?? "OTHER", answer.error?.facts ?? {});
  }
  return answer;
}

export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// One person's live changes. Calls on.message(message), on.heads(heads), on.ready(revision), on.state(up).
export class Live {
  constructor(id, after, on) {
    this.id = id;
    this.after = after;
    this.on = on;
    this.failures = 0;
    this.ended = false;
    this.again = () => this.open();
    this.gone = () => this.retry();
    addEventListener("online", this.again);
    addEventListener("offline", this.gone);
    this.open();
  }

  // Something else failed: do not wait for the silence to be noticed.
  check() {
    if (this.source) this.retry();
  }

  open() {
    if (this.ended) return;
    this.drop();
    this.source = new EventSource(`/api/events?person=${encodeURIComponent(this.id)}&after=${this.after}`);
    this.source.addEventListener("ready", (event) => {
      this.failures = 0;
      this.heard();
      this.on.state(true);
      this.on.ready(JSON.parse(event.data).revision);
    });
    this.source.addEventListener("message", (event) => {
      this.heard();
      const message = JSON.parse(event.data);
      this.after = Math.max(this.after, message.revision);
      this.on.message(message);
    });
    this.source.addEventListener("heads", (event) => {
      this.heard();
      this.on.heads(JSON.parse(event.data));
    });
    this.source.addEventListener("beat", () => this.heard());
    this.source.addEventListener("error", () => this.retry());
    this.heard();
  }

  heard() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.retry(), SILENCE);
  }

  retry() {
    this.drop();
    if (this.ended) return;
    this.on.state(false);
    const pause = PAUSES[Math.min(this.failures, PAUSES.length - 1)] * (0.75 + Math.random() / 2);
    this.failures += 1;
    this.timer = setTimeout(this.again, pause);
  }

  drop() {
    clearTimeout(this.watchdog);
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  end() {
    this.ended = true;
    removeEventListener("online", this.again);
    removeEventListener("offline", this.gone);
    this.drop();
  }
}
