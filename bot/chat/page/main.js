// The chat page: signs in, opens the live stream, and connects what is seen with what is sent.

import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { element, keeper } from "./element.js";
import * as memory from "./memory.js";
import { People } from "./people.js";
import { ask, Live, newId, Refused, speakAs, Unreachable } from "./server.js";
import { reasonInWords, setLanguage, useTimeZone, word } from "./words.js";

const at = (id) => document.getElementById(id);
const BANNER_PATIENCE = 1500; // a blink of the network is not worth a word
const TOAST_LIFE = 5000;

let session = null;
let live = null;
let loadingOlder = false;
let lost = false;
let bannerTimer;

const conversation = new Conversation({ log: at("log"), scroll: at("scroll"), newest: at("newest") }, { tap, retry, older, say, seen });
const people = new People(at("side"), at("header"), { choose, language: chooseLanguage });
const composer = new Composer(at("composer"), at("shortcuts"), say);

// ---------------------------------------------------------------- who

async function begin() {
  const link = /^\/sign-in\/([^/]+)$/.exec(location.pathname);
  if (link) {
    notice(word("signingIn"));
    try {
      const { person } = await ask("POST", `/api/sign-in/${link[1]}`, {});
      memory.rememberPerson(person.id);
    } catch (error) {
      if (error instanceof Unreachable) { setTimeout(begin, 2000); return; }
      history.replaceState(null, "", "/");
      notice(word("linkOver"), explained(error), word("signedOutText"));
      return;
    }
    history.replaceState(null, "", "/");
  }
  const known = memory.tabPerson();
  try {
    speakAs(known);
    try {
      session = await ask("GET", "/api/session");
    } catch (error) {
      // This browser's session does not know the person of this tab (any more).
      if (error.reason !== "PERSON_CHANGED") throw error;
      speakAs(null);
      session = await ask("GET", "/api/session");
      if (session.demo) session.person = null;
    }
    useTimeZone(session.time_zone);
    if (!session.person && session.demo && session.personas.length) {
      const wanted = session.personas.find((persona) => persona.id === known) ?? session.personas[0];
      await become(wanted.id);
    }
  } catch (error) {
    if (error instanceof Refused && !error.passing) notice(word("signedOut"), explained(error));
    else { notice(word("connecting")); setTimeout(begin, 2000); }
    return;
  }
  if (!session.person) {
    notice(word("signedOut"), word("signedOutText"));
    return;
  }
  await enter();
}

async function become(id) {
  await ask("POST", "/api/demo/persona", { person: id });
  speakAs(id);
  memory.rememberPerson(id);
  session = await ask("GET", "/api/session");
}

async function choose(id) {
  try {
    live?.end();
    at("toasts").replaceChildren(); // a passing word was said to somebody else
    await become(id);
    await enter();
  } catch (error) {
    toast(explained(error));
    speakAs(session.person.id);
    follow(live.after);
  }
}

async function enter() {
  live?.end();
  memory.rememberPerson(session.person.id);
  speakAs(session.person.id);
  setLanguage(session.language);
  words();
  at("notice").hidden = true;
  at("app").hidden = false;
  conversation.clear();
  composer.clear();
  people.show(session);
  people.connection("connecting");
  await load();
  // On a touch screen the keyboard would cover half the conversation before anybody asked for it.
  if (matchMedia("(hover: hover)").matches) composer.text.focus({ preventScroll: true });
}

// The newest page of the history, then everything that changes after it.
async function load() {
  const person = session.person.id;
  let history;
  try {
    history = await ask("GET", "/api/messages");
  } catch (error) {
    if (signedOut(error)) return;
    connected(false);
    setTimeout(() => { if (session.person.id === person) load(); }, 2000);
    return;
  }
  if (session.person.id !== person) return;
  conversation.fill(history.messages, history.more);
  composer.remember(history.messages.filter((message) => message.author === "person").map((message) => message.text).reverse());
  for (const entry of memory.unsent(person)) conversation.setPending({ ...entry, state: "waiting" });
  follow(history.revision);
}

function follow(revision) {
  live?.end();
  live = new Live(session.person.id, revision, {
    message: (message) => {
      const fresh = conversation.add(message);
      if (fresh && message.author === "bot" && document.visibilityState === "hidden") unseen(1);
    },
    heads: (heads) => people.hearHeads(heads),
    ready: (newest) => {
      // The server knows less than we have seen: its data were replaced, ours are history.
      if (newest < live.after) { conversation.clear(); load(); return; }
      resend();
    },
    state: connected,
  });
}

async function chooseLanguage(code) {
  try {
    await ask("POST", "/api/language", { language: code });
    session = await ask("GET", "/api/session");
    setLanguage(session.language);
    words();
    people.show(session);
    people.refocus(`[data-language="${code}"]`);
    conversation.draw();
  } catch (error) {
    toast(explained(error));
  }
}

// ---------------------------------------------------------------- saying and tapping

function say(text) {
  deliver({ key: newId(), text, at: new Date().toISOString() });
}

function retry(key) {
  const entry = conversation.pending.get(key);
  if (entry && entry.state !== "sending") deliver(entry);
}

function resend() {
  for (const entry of conversation.pending.values()) if (entry.state === "waiting") deliver(entry);
}

// The same id goes with every try, so words that did arrive are not said twice.
async function deliver(entry) {
  const person = session.person.id;
  const pending = { ...entry, state: "sending", reason: "" };
  conversation.setPending(pending);
  keepUnsent(person, pending);
  try {
    const { message } = await ask("POST", "/api/say", { id: entry.key, text: entry.text });
    keepUnsent(person, pending, true);
    if (session.person.id !== person) return;
    const answered = [...conversation.messages.values()].some((each) => each.author === "bot" && each.sequence > message.sequence);
    conversation.add(message);
    conversation.settle(entry.key);
    if (!answered) conversation.setTyping(true);
  } catch (error) {
    if (session.person.id !== person || signedOut(error)) return;
    const waiting = error instanceof Unreachable;
    if (!waiting && !error.passing) keepUnsent(person, pending, true);
    conversation.setPending({ ...pending, state: waiting ? "waiting" : "failed", reason: waiting ? "" : explained(error) });
    if (waiting) live?.check();
    if (waiting && !lost) setTimeout(() => retry(entry.key), 3000);
  }
}

function keepUnsent(person, entry, gone = false) {
  const others = memory.unsent(person).filter((each) => each.key !== entry.key);
  memory.rememberUnsent(person, gone ? others : [...others, { key: entry.key, text: entry.text, at: entry.at }].slice(-20));
}

async function tap(card, action, text) {
  const id = newId();
  conversation.hold(card.id, action);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await ask("POST", "/api/tap", { id, card: card.id, action, ...(text ? { text } : {}) });
      if (answer.toast) toast(answer.toast);
      if (!answer.later && !answer.card) { conversation.release(card.id); conversation.draw(); }
      return; // the card itself comes through the live stream
    } catch (error) {
      if (signedOut(error)) return;
      if (error instanceof Unreachable && attempt < 3) {
        await new Promise((resolve) => setTimeout(resolve, 1000 * attempt));
        continue;
      }
      toast(error instanceof Unreachable ? word("tapFailed") : explained(error));
      conversation.release(card.id);
      conversation.draw();
      return;
    }
  }
}

async function older() {
  if (loadingOlder) return;
  loadingOlder = true;
  const person = session.person.id;
  try {
    const history = await ask("GET", `/api/messages?before=${conversation.first()}`);
    if (session.person.id === person) conversation.fill(history.messages, history.more);
  } catch (error) {
    signedOut(error); // otherwise the next scroll tries again
  } finally {
    loadingOlder = false;
  }
}

function seen(sequence) {
  if (!session?.person) return;
  if (sequence !== memory.seen(session.person.id)) memory.rememberSeen(session.person.id, sequence);
  people.heads[session.person.id] = sequence;
}

// ---------------------------------------------------------------- what the page says by itself

function connected(up) {
  people.connection(up ? "up" : "down");
  clearTimeout(bannerTimer);
  const banner = at("banner");
  if (!up) {
    bannerTimer = setTimeout(() => {
      lost = true;
      banner.className = "banner";
      banner.textContent = word("bannerLost");
      banner.hidden = false;
    }, BANNER_PATIENCE);
  } else if (lost) {
    lost = false;
    banner.className = "banner banner-back";
    banner.textContent = word("bannerBack");
    bannerTimer = setTimeout(() => { banner.hidden = true; }, 2000);
  }
}

function signedOut(error) {
  if (!(error instanceof Refused)) return false;
  if (error.reason === "PERSON_CHANGED" || (error.reason === "SIGNED_OUT" && session.demo)) {
    live?.end();
    begin();
    return true;
  }
  if (error.reason !== "SIGNED_OUT") return false;
  live?.end();
  notice(word("signedOut"), word("signedOutText"));
  return true;
}

function explained(error) {
  return error instanceof Refused ? reasonInWords(error.reason, error.facts) : reasonInWords("OTHER");
}

function notice(title, ...texts) {
  at("app").hidden = true;
  const box = at("notice");
  const again = texts.length ? element("button", { type: "button", class: "button button-neutral", onclick: () => location.assign("/") }, word("openAgain")) : null;
  box.replaceChildren(element("div", { class: "notice-box" }, keeper(64), element("h1", {}, title), texts.map((text) => element("p", {}, text)), again));
  box.hidden = false;
}

function toast(text) {
  const box = element("p", { class: "toast" }, text);
  at("toasts").append(box);
  setTimeout(() => box.remove(), TOAST_LIFE);
}

let missed = 0;
function unseen(count) {
  missed = count ? missed + count : 0;
  document.title = missed ? `(${missed}) ${word("bot")}` : word("bot");
}

function words() {
  composer.words();
  at("log").setAttribute("aria-label", word("bot"));
  at("newest").replaceChildren(word("newest"));
  document.title = word("bot");
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  unseen(0);
  if (conversation.following) conversation.noteSeen();
});

setLanguage(navigator.language.startsWith("en") ? "en" : "zh");
words();
begin();
