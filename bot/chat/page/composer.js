// Where a person writes: one growing line, shortcuts above it, and the last sentences on arrow-up.

import { element, icon } from "./element.js";
import { shortcuts, word } from "./words.js";

const REMEMBERED = 30;
const LIMIT = 500; // what the bot reads at once
const NEAR = 100; // from so many signs before it on, the rest is counted

export class Composer {
  constructor(form, chips, say) {
    this.form = form;
    this.chips = chips;
    this.say = say;
    this.said = [];
    this.recalled = -1;
    this.text = element("textarea", { id: "text", rows: "1", maxlength: String(LIMIT), enterkeyhint: "send" });
    this.button = element("button", { type: "submit", class: "send" }, icon("send", 20));
    this.keys = element("p", { class: "keys", id: "keys" });
    this.count = element("p", { class: "count", role: "status", hidden: true });
    this.text.setAttribute("aria-describedby", "keys");
    form.append(element("div", { class: "field" }, this.text, this.button), this.count, this.keys);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
    this.text.addEventListener("keydown", (event) => this.pressed(event));
    this.text.addEventListener("input", () => { this.recalled = -1; this.fit(); });
    // Safari ends a composition before the keydown of the Enter that chose the word.
    this.text.addEventListener("compositionend", () => { this.composedAt = performance.now(); });
    this.words();
  }

  words() {
    this.text.placeholder = word("placeholder");
    this.text.setAttribute("aria-label", word("composerLabel"));
    this.button.setAttribute("aria-label", word("send"));
    this.keys.textContent = word("keys");
    this.chips.setAttribute("aria-label", word("shortcuts"));
    this.chips.replaceChildren(...shortcuts().map((shortcut) =>
      element("button", { type: "button", class: "chip", onclick: () => this.take(shortcut) }, shortcut.label)));
    this.fit();
  }

  take(shortcut) {
    if (shortcut.say) { this.say(shortcut.say); return; }
    this.text.value = shortcut.start;
    this.fit();
    this.text.focus();
    this.text.setSelectionRange(shortcut.start.length, shortcut.start.length);
  }

  pressed(event) {
    const composing = event.isComposing || event.keyCode === 229 || performance.now() - (this.composedAt ?? -1000) < 30;
    if (composing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "ArrowUp" && (this.text.value === "" || this.recalled >= 0)) {
      this.recall(event, this.recalled + 1);
    } else if (event.key === "ArrowDown" && this.recalled >= 0) {
      this.recall(event, this.recalled - 1);
    } else if (event.key === "Escape" && this.recalled >= 0) {
      this.recall(event, -1);
    }
  }

  recall(event, index) {
    if (index >= this.said.length) return;
    event.preventDefault();
    this.recalled = index;
    this.text.value = index < 0 ? "" : this.said[index];
    this.fit();
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  // Sentences of this person, newest first, for arrow-up.
  remember(texts) {
    this.said = texts.slice(0, REMEMBERED);
    this.recalled = -1;
  }

  submit() {
    const text = this.text.value.trim();
    if (!text) return;
    this.said = [text, ...this.said.filter((each) => each !== text)].slice(0, REMEMBERED);
    this.recalled = -1;
    this.text.value = "";
    this.fit();
    this.text.focus();
    this.say(text);
  }

  clear() {
    this.text.value = "";
    this.fit();
  }

  fit() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight, 148)}px`;
    this.button.classList.toggle("ready", this.text.value.trim() !== "");
    const left = LIMIT - this.text.value.length;
    this.count.hidden = left > NEAR;
    this.count.classList.toggle("count-full", left <= 0);
    if (left <= NEAR) this.count.textContent = word(left > 0 ? "signsLeft" : "signsFull", { left, limit: LIMIT });
  }
}
