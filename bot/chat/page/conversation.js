// The conversation on the screen: messages in order, days between them, cards that change in place.

import { cardElement } from "./cards.js";
import { element, icon, keeper } from "./element.js";
import { currentLanguage, day, examples, timeOfDay, word } from "./words.js";

const NEAR = 120; // pixels from the end that still count as "reading the newest"
const TOGETHER = 5 * 60_000; // messages of one author within this time form one block
const TAP_PATIENCE = 20_000;
const MOST = 160; // messages on the page of somebody who reads the newest; then the oldest go,
const KEPT = 80; // down to so many

export class Conversation {
  // parts: {log, scroll, newest}; on: {tap(card, action, text), retry(key), older(), say(text), seen(sequence)}
  constructor(parts, on) {
    Object.assign(this, parts);
    this.on = on;
    this.clear();
    this.newest.addEventListener("click", () => this.toEnd(true));
    this.scroll.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => { if (this.following) this.toEnd(false); }).observe(this.scroll);
  }

  clear() {
    this.messages = new Map(); // sequence → message
    this.pending = new Map(); // key → {key, text, at, state}
    this.nodes = new Map(); // "m12" | "p<key>" → {node, signature}
    this.busy = new Map(); // card id → action on its way
    this.drafts = new Map(); // card id → words being written for one of its buttons
    this.typing = false;
    this.more = false;
    this.following = true;
    this.log.replaceChildren();
    this.log.setAttribute("aria-busy", "true");
    this.newest.hidden = true;
  }

  // The first page of the history, or an older one in front of it.
  fill(messages, more) {
    const height = this.scroll.scrollHeight;
    const top = this.scroll.scrollTop;
    const older = this.messages.size > 0;
    for (const message of messages) this.keep(message);
    this.more = more;
    this.draw();
    if (older) this.scroll.scrollTop = top + this.scroll.scrollHeight - height;
    else this.toEnd(false);
    this.loaded = true;
    requestAnimationFrame(() => this.log.setAttribute("aria-busy", "false"));
  }

  // A new or changed message; gives whether it is new to this page.
  add(message) {
    const known = this.messages.get(message.sequence);
    if (known && known.revision >= message.revision) return false;
    const mine = message.author === "person";
    if (!known && this.messages.size > 0 && message.sequence < this.first() && this.more) return false;
    this.keep(message);
    if (!mine && !known) this.typing = false;
    const follow = this.following;
    if (follow) this.trim();
    this.draw();
    if (follow) this.toEnd(!known);
    else if (!known && !mine) this.newest.hidden = false;
    return !known;
  }

  keep(message) {
    this.messages.set(message.sequence, message);
    if (message.card) this.release(message.card.id);
  }

  setPending(entry) {
    this.pending.set(entry.key, entry);
    this.draw();
    if (entry.state === "sending") this.toEnd(true);
  }

  // The server has answered for it: from here on the kept message stands for it.
  settle(key) {
    this.pending.delete(key);
    this.draw();
  }

  setTyping(typing) {
    if (this.typing === typing) return;
    this.typing = typing;
    clearTimeout(this.typingTimer);
    if (typing) this.typingTimer = setTimeout(() => this.setTyping(false), 20_000);
    this.draw();
    if (this.following) this.toEnd(true);
  }

  hold(cardId, action) {
    this.busy.set(cardId, action);
    setTimeout(() => { if (this.busy.get(cardId) === action) { this.release(cardId); this.draw(); } }, TAP_PATIENCE);
    this.draw();
  }

  release(cardId) {
    this.busy.delete(cardId);
  }

  draftOf(cardId) {
    if (!this.drafts.has(cardId)) this.drafts.set(cardId, { action: null, text: "" });
    return this.drafts.get(cardId);
  }

  // Whoever reads the newest needs no long past on the page: it comes back when they scroll up.
  trim() {
    if (this.messages.size <= MOST) return;
    const old = [...this.messages.keys()].sort((a, b) => a - b).slice(0, -KEPT);
    for (const sequence of old) {
      const { card } = this.messages.get(sequence);
      if (card) this.drafts.delete(card.id);
      this.messages.delete(sequence);
    }
    this.more = true;
  }

  first() {
    return Math.min(...this.messages.keys());
  }

  last() {
    return this.messages.size ? Math.max(...this.messages.keys()) : 0;
  }

  // ---------------------------------------------------------------- drawing

  draw() {
    const wanted = [];
    const sequences = [...this.messages.keys()].sort((a, b) => a - b);
    const kept = new Set([...this.messages.values()].map((message) => message.key));
    const entries = [
      ...sequences.map((sequence) => this.withDelivery(this.messages.get(sequence))),
      ...[...this.pending.values()].filter((entry) => !kept.has(entry.key)).map((entry) => ({ ...entry, author: "person", delivery: entry })),
    ];
    wanted.push(this.part("top", entries.length === 0 ? `welcome ${currentLanguage()} ${this.loaded}` : `top ${this.more} ${currentLanguage()}`, () => this.top(entries.length === 0)));
    let lastDay = "";
    entries.forEach((entry, index) => {
      const at = new Date(entry.at);
      const today = day(at);
      if (today !== lastDay) {
        wanted.push(this.part(`day ${today}`, today, () => element("div", { class: "day", role: "separator", "aria-label": today }, element("span", {}, today))));
        lastDay = today;
      }
      const before = entries[index - 1];
      const after = entries[index + 1];
      const begins = !together(before, entry);
      const ends = !together(entry, after);
      const key = entry.sequence ? `m${entry.sequence}` : `p${entry.key}`;
      const busy = entry.card ? this.busy.get(entry.card.id) ?? null : null;
      const signature = [entry.revision, entry.delivery?.state, begins, ends, busy, currentLanguage()].join(" ");
      wanted.push(this.part(key, signature, () => this.entry(entry, begins, ends, busy)));
    });
    if (this.typing) wanted.push(this.part("typing", currentLanguage(), typing));
    this.place(wanted);
  }

  // Words can stand in the conversation while the bot has not taken them yet.
  withDelivery(message) {
    const entry = this.pending.get(message.key);
    return entry && entry.state !== "sending" ? { ...message, delivery: entry } : message;
  }

  // The node for `key`, made anew only when its signature changed.
  part(key, signature, make) {
    const known = this.nodes.get(key);
    if (known && known.signature === signature) return { key, node: known.node, signature };
    return { key, node: make(), signature, old: known?.node };
  }

  place(wanted) {
    const focused = document.activeElement?.closest?.("[data-card]")?.dataset.card;
    const writing = document.activeElement?.matches?.(".asked");
    const keys = new Set(wanted.map((part) => part.key));
    for (const [key, { node }] of this.nodes) {
      if (!keys.has(key)) { node.remove(); this.nodes.delete(key); }
    }
    let cursor = this.log.firstChild;
    for (const { key, node, signature, old } of wanted) {
      if (old?.parentNode === this.log) {
        if (cursor === old) cursor = old.nextSibling;
        node.classList.add("still"); // a change in place does not fly in
        old.replaceWith(node);
      }
      if (node === cursor) cursor = cursor.nextSibling;
      else if (node.nextSibling !== cursor || node.parentNode !== this.log) this.log.insertBefore(node, cursor);
      this.nodes.set(key, { node, signature });
    }
    if (focused && !document.activeElement?.closest?.("[data-card]")) {
      const card = this.log.querySelector(`[data-card="${CSS.escape(focused)}"]`);
      ((writing && card?.querySelector(".asked")) || card)?.focus({ preventScroll: true });
    }
  }

  top(empty) {
    if (!empty && this.more) {
      return element("p", { class: "top" }, element("button", { type: "button", class: "link", onclick: () => this.on.older() }, word("older")));
    }
    if (!empty) return element("p", { class: "top" }, word("beginning"));
    if (!this.loaded) return element("div", { class: "top" });
    return element("section", { class: "welcome" },
      keeper(64),
      element("h2", {}, word("welcome")),
      element("p", {}, word("welcomeText")),
      element("p", { class: "welcome-try" }, word("welcomeTry")),
      element("div", { class: "welcome-examples" },
        examples().map((text) => element("button", { type: "button", class: "button button-neutral", onclick: () => this.on.say(text) }, text))));
  }

  entry(entry, begins, ends, busy) {
    const mine = entry.author === "person";
    const at = new Date(entry.at);
    const body = entry.card
      ? cardElement(entry.card, busy, (action, text) => this.on.tap(entry.card, action, text), this.draftOf(entry.card.id))
      : element("p", { class: "bubble" }, entry.text);
    return element("div",
      { class: ["entry", mine ? "mine" : "theirs", begins ? "begins" : "", ends ? "ends" : "", entry.delivery ? "pending" : ""].join(" "), "data-sequence": entry.sequence, "data-key": entry.key },
      mine ? null : element("span", { class: "face" }, begins ? keeper(34) : null),
      element("div", { class: "content" },
        element("span", { class: "unseen" }, `${mine ? word("from") : word("bot")} ${timeOfDay(at)}`),
        body,
        entry.delivery ? this.delivery(entry.delivery) : ends ? element("time", { class: "time", datetime: entry.at, "aria-hidden": "true" }, timeOfDay(at)) : null));
  }

  delivery(entry) {
    if (entry.state === "sending") return element("span", { class: "delivery" }, icon("clock", 13), word("sending"));
    const waiting = entry.state === "waiting";
    return element("span", { class: waiting ? "delivery delivery-waiting" : "delivery delivery-failed" },
      icon("alert", 14),
      element("span", {}, entry.reason || word(waiting ? "waiting" : "failed")),
      element("button", { type: "button", class: "link", onclick: () => this.on.retry(entry.key) }, word("retry")));
  }

  // ---------------------------------------------------------------- scrolling

  toEnd(smooth) {
    this.following = true;
    this.newest.hidden = true;
    const calm = !smooth || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.scroll.scrollTo({ top: this.scroll.scrollHeight, behavior: calm ? "instant" : "smooth" });
    this.noteSeen();
  }

  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroll;
    const near = scrollHeight - scrollTop - clientHeight < NEAR;
    // A smooth scroll towards the end passes through "not near": only a move upwards stops following.
    if (near) { this.following = true; this.newest.hidden = true; this.noteSeen(); }
    else if (scrollTop < (this.lastTop ?? 0)) this.following = false;
    this.lastTop = scrollTop;
    if (scrollTop < 200 && this.more && this.loaded) this.on.older();
  }

  noteSeen() {
    if (document.visibilityState === "visible" && this.messages.size) this.on.seen(this.last());
  }
}

function together(one, other) {
  return Boolean(one && other && one.author === other.author
    && new Date(other.at) - new Date(one.at) < TOGETHER && day(new Date(one.at)) === day(new Date(other.at)));
}

function typing() {
  return element("div", { class: "entry theirs begins typing" },
    element("span", { class: "face" }, keeper(34)),
    element("div", { class: "content" },
      element("p", { class: "bubble dots" },
        element("span", { class: "unseen" }, word("typing")),
        element("i"), element("i"), element("i"))));
}
