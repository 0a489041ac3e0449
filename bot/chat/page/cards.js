// Draws a card of the bot. The same card is drawn anew when its content changes; focus stays in it.

import { element, icon } from "./element.js";
import { word } from "./words.js";

const STATES = {
  processing: { mark: "clock", words: "stateProcessing" },
  done: { mark: "check", words: "stateDone" },
  refused: { mark: "cross", words: "stateRefused" },
  closed: { mark: "minus", words: "stateClosed" },
};
const TONES = ["primary", "danger", "neutral"];

// `tap(action)` is called for a button; `busy` is the action that is on its way, or null.
export function cardElement(card, busy, tap) {
  const heading = `card-${card.id}`;
  return element(
    "article",
    { class: `card card-${card.state}`, "aria-labelledby": heading, tabindex: "-1", "data-card": card.id, "data-state": card.state },
    element(
      "header",
      { class: "card-head" },
      element("div", { class: "card-titles" },
        element("h3", { class: "card-title", id: heading }, card.title),
        card.subtitle ? element("p", { class: "card-subtitle" }, card.subtitle) : null),
      card.number && !card.title.includes(card.number) ? element("span", { class: "card-number" }, card.number) : null,
    ),
    card.lines.length ? rows(card.lines) : null,
    (card.groups ?? []).map(group),
    buttons(card, busy, tap),
    stamp(card),
  );
}

function rows(lines) {
  const list = element("dl", { class: "rows" });
  for (const line of lines) {
    const change = line.change ? changed(line) : null;
    list.append(
      element("div", { class: change ? "row row-change" : "row" },
        element("dt", {}, line.label),
        element("dd", {}, change ?? line.value)),
    );
  }
  return list;
}

// "现存 320 → 315 包": the two figures stand out, the words around them stay.
function changed(line) {
  const { before, after } = line.change;
  const first = line.value.indexOf(before);
  const second = first < 0 ? -1 : line.value.indexOf(after, first + before.length);
  const [lead, tail] = second < 0 ? ["", ""] : [line.value.slice(0, first).trim(), line.value.slice(second + after.length).trim()];
  return [
    element("span", { class: "unseen" }, second < 0 ? word("change", { before, after }) : line.value),
    element("span", { class: "change", "aria-hidden": "true" },
      lead ? element("span", { class: "change-words" }, lead) : null,
      element("span", { class: "change-before" }, before),
      icon("arrow", 16),
      element("span", { class: "change-after" }, after),
      tail ? element("span", { class: "change-words" }, tail) : null),
  ];
}

function group(part) {
  return element("section", { class: "group" },
    element("h4", { class: "group-title" }, part.title),
    part.lines.length ? rows(part.lines) : null,
    part.note ? element("p", { class: "group-note" }, part.note) : null);
}

function buttons(card, busy, tap) {
  if (card.buttons.length === 0) return null; // a card at work can still be withdrawn or urged
  const choices = card.buttons.length > 2 && card.buttons.every((button) => button.tone === "neutral" || button.action === "cancel");
  return element(
    "div",
    { class: choices ? "buttons buttons-choice" : "buttons", role: "group", "aria-label": card.title },
    card.buttons.map((button) =>
      element("button",
        {
          type: "button",
          class: `button button-${TONES.includes(button.tone) ? button.tone : "neutral"}`,
          "data-action": button.action,
          "aria-disabled": busy ? "true" : null,
          "aria-busy": busy === button.action ? "true" : null,
          onclick: () => { if (!busy) tap(button.action); },
        },
        busy === button.action ? element("span", { class: "spinner", "aria-hidden": "true" }) : null,
        element("span", {}, button.label))),
  );
}

function stamp(card) {
  const state = STATES[card.state];
  if (!state) return null;
  return element("p", { class: `stamp stamp-${card.state}` },
    card.state === "processing" ? element("span", { class: "spinner", "aria-hidden": "true" }) : icon(state.mark, 16),
    element("span", {}, card.stamp || word(state.words)));
}
