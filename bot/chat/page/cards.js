// Draws a card of the bot. The same card is drawn anew when its content changes; focus stays in it.

import { element, icon } from "./element.js";
import { word } from "./words.js";

const STATES = {
  processing: { mark: "clock", words: "" },
  done: { mark: "check", words: "stateDone" },
  refused: { mark: "cross", words: "stateRefused" },
  closed: { mark: "minus", words: "stateClosed" },
};
const TONES = ["primary", "danger", "neutral"];
const ASKED_LIMIT = 200;
const STACKED_FROM = 10;

// `tap(action, text)` is called for a button; `busy` is the action that is on its way, or null.
// `draft` keeps what is being written for a button that asks for words: {action, text}, across redrawing.
export function cardElement(card, busy, tap, draft) {
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
    actions(card, busy, tap, draft),
    card.fallback && card.buttons.length ? element("p", { class: "fallback" }, card.fallback) : null,
    stamp(card),
  );
}

function rows(lines) {
  // Where every label is long, as in lists, a narrow column of labels would only break them.
  const stacked = lines.every((line) => !line.change && width(line.label) > STACKED_FROM);
  const list = element("dl", { class: stacked ? "rows rows-stacked" : "rows" });
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

// In half signs: a Chinese one is as wide as two others.
function width(text) {
  return [...text].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2e7f ? 2 : 1), 0);
}

// "现存 320 → 315 包": the two figures stand out, the words around them stay.
function changed(line) {
  const { before, after } = line.change;
  // The amount that changes, before them, may hold the same figure: "−6 pcs: on hand 6 → 0".
  const figures = `${before} → ${after}`;
  const first = line.value.indexOf(figures);
  const second = first < 0 ? -1 : first + figures.length - after.length;
  const [lead, tail] = second < 0 ? ["", ""] : [line.value.slice(0, first).trim(), line.value.slice(second + after.length).replace(/^[\s·]+/, "").trim()];
  return [
    element("span", { class: "unseen" }, second < 0 ? word("change", { before, after }) : line.value),
    element("span", { class: "change", "aria-hidden": "true" },
      lead ? element("span", { class: "change-words" }, ...amountFirst(lead)) : null,
      element("span", { class: "change-figures" },
        element("span", { class: "change-before" }, before),
        icon("arrow", 16),
        element("span", { class: "change-after" }, after)),
      tail ? element("span", { class: "change-words" }, tail) : null),
  ];
}

// "−3 包:现存": the amount is what is confirmed, so it must not be read past.
function amountFirst(lead) {
  const amount = /^[−+][^:]+(?=:)/.exec(lead)?.[0];
  return amount ? [element("strong", { class: "change-amount" }, amount), lead.slice(amount.length)] : [lead];
}

function group(part) {
  return element("section", { class: "group" },
    element("h4", { class: "group-title" }, part.title),
    part.lines.length ? rows(part.lines) : null,
    part.note ? element("p", { class: "group-note" }, part.note) : null);
}

// The buttons; in their place, once one that asks for words is tapped, a line to write them in.
function actions(card, busy, tap, draft) {
  if (card.buttons.length === 0) return null; // a card at work can still be withdrawn or urged
  const box = element("div", {});
  const asked = () => card.buttons.find((button) => button.asks && button.action === draft.action);
  const show = (focus) => {
    const button = asked();
    box.replaceChildren(button && !busy ? question(card, button, draft, tap, show) : buttons(card, busy, choose));
    if (!focus) return;
    box.querySelector(button ? "input" : "button")?.focus({ preventScroll: true });
    box.scrollIntoView({ block: "nearest" });
  };
  const choose = (button) => {
    if (!button.asks) { tap(button.action); return; }
    draft.action = button.action;
    show(true);
  };
  show(false);
  return box;
}

function question(card, button, draft, tap, show) {
  const name = `words-${card.id}`;
  const input = element("input", {
    id: name, class: "asked", type: "text", maxlength: String(ASKED_LIMIT), autocomplete: "off", enterkeyhint: "send",
    oninput: () => { draft.text = input.value; },
    onkeydown: (event) => { if (event.key === "Escape") { event.preventDefault(); back(); } },
  });
  input.value = draft.text;
  const back = () => { draft.action = null; show(true); };
  return element("form",
    { class: "question", onsubmit: (event) => { event.preventDefault(); tap(button.action, input.value.trim()); } },
    element("label", { for: name }, button.asks),
    input,
    element("div", { class: "buttons" },
      element("button", { type: "submit", class: `button button-${tone(button)}`, "data-action": button.action }, element("span", {}, button.label)),
      element("button", { type: "button", class: "button button-neutral", "data-back": "", onclick: back }, element("span", {}, word("back")))));
}

const tone = (button) => (TONES.includes(button.tone) ? button.tone : "neutral");

function buttons(card, busy, choose) {
  const choices = card.buttons.length > 2 && card.buttons.every((button) => button.tone === "neutral" || button.action === "cancel");
  return element(
    "div",
    { class: choices ? "buttons buttons-choice" : "buttons", role: "group", "aria-label": card.title },
    card.buttons.map((button) =>
      element("button",
        {
          type: "button",
          class: `button button-${tone(button)}`,
          "data-action": button.action,
          "aria-disabled": busy ? "true" : null,
          "aria-busy": busy === button.action ? "true" : null,
          "aria-expanded": button.asks ? "false" : null,
          onclick: () => { if (!busy) choose(button); },
        },
        busy === button.action ? element("span", { class: "spinner", "aria-hidden": "true" }) : null,
        element("span", {}, button.label))),
  );
}

function stamp(card) {
  const state = STATES[card.state];
  if (!state) return null;
  // While nothing is decided there is nothing to stamp: the card itself says what it waits for, perhaps for days.
  const said = card.stamp || (state.words && word(state.words));
  return said ? element("p", { class: `stamp stamp-${card.state}` }, icon(state.mark, 16), element("span", {}, said)) : null;
}
