// Who speaks and how the page looks: the left column on a wide screen, a sheet on a narrow one.

import { element, icon, keeper } from "./element.js";
import * as memory from "./memory.js";
import { currentLanguage, word } from "./words.js";

const THEMES = [["auto", "device", "themeAuto"], ["light", "sun", "themeLight"], ["dark", "moon", "themeDark"]];
const HUES = 8;

export class People {
  // on: {choose(id), language(code)}
  constructor(side, header, on) {
    this.side = side;
    this.header = header;
    this.on = on;
    this.state = "connecting";
    this.sheet = element("dialog", { class: "sheet" });
    this.sheet.addEventListener("click", (event) => { if (event.target === this.sheet) this.sheet.close(); });
    document.body.append(this.sheet);
    this.session = { person: null, personas: [], demo: false, languages: false };
    this.heads = {};
  }

  show(session) {
    this.session = session;
    for (const persona of session.personas ?? []) this.heads[persona.id] = Math.max(persona.head, this.heads[persona.id] ?? 0);
    this.draw();
  }

  connection(state) {
    this.state = state;
    const light = this.header.querySelector(".connection");
    if (light) light.replaceWith(this.light());
  }

  hearHeads(heads) {
    Object.assign(this.heads, heads);
    this.drawLists();
  }

  unread(id) {
    return id === this.session.person?.id ? 0 : Math.max(0, (this.heads[id] ?? 0) - memory.seen(id));
  }

  draw() {
    const { person, demo } = this.session;
    this.header.replaceChildren(
      keeper(38),
      element("div", { class: "header-titles" }, element("h1", {}, word("bot")), this.light()),
      person
        ? element("button", { type: "button", class: "who", "aria-haspopup": "dialog", "aria-label": `${word("menu")}: ${person.name}`, onclick: () => this.open() },
            face(person), element("span", { class: "who-name" }, person.name), this.total(), icon("unfold", 16))
        : null,
      person
        ? element("p", { class: "speaking" },
            element("span", {}, element("strong", {}, person.name), ` · ${described(person)}`), face(person))
        : null,
    );
    this.drawLists();
    document.title = word("bot");
    if (!demo && this.sheet.open && !person) this.sheet.close();
  }

  drawLists() {
    this.side.replaceChildren(
      element("div", { class: "brand" }, keeper(38), element("div", {}, element("strong", {}, word("bot")), element("span", {}, word("tagline")))),
      ...this.lists(),
    );
    this.header.querySelector(".who-unread")?.replaceWith(this.total());
    if (this.sheet.open) this.drawSheet();
  }

  lists() {
    const { demo, person } = this.session;
    const list = demo ? this.personas() : person ? this.self(person) : null;
    return [list, this.settings()].filter(Boolean);
  }

  personas() {
    return element("nav", { class: "people", "aria-label": word("switchPerson") },
      element("h2", { class: "side-title" }, word("people")),
      element("ul", {}, (this.session.personas ?? []).map((persona) => element("li", {}, this.row(persona)))),
      element("p", { class: "side-hint" }, word("demoHint")));
  }

  row(persona) {
    const current = persona.id === this.session.person?.id;
    const count = this.unread(persona.id);
    return element("button",
      { type: "button", class: current ? "persona current" : "persona", "aria-current": current ? "true" : null, "data-person": persona.id,
        onclick: () => { this.sheet.close(); if (!current) this.on.choose(persona.id); } },
      face(persona),
      element("span", { class: "persona-words" },
        element("span", { class: "persona-name" }, persona.name),
        element("span", { class: "persona-roles" }, described(persona))),
      count ? badge(count) : current ? icon("check", 18) : null);
  }

  self(person) {
    return element("section", { class: "people", "aria-label": word("who") },
      element("h2", { class: "side-title" }, word("who")),
      element("div", { class: "persona self" }, face(person),
        element("span", { class: "persona-words" },
          element("span", { class: "persona-name" }, person.name),
          element("span", { class: "persona-roles" }, described(person)))));
  }

  settings() {
    const chosen = memory.theme();
    return element("div", { class: "settings" },
      element("div", { class: "choice", role: "group", "aria-label": word("theme") },
        THEMES.map(([name, shape, words]) =>
          element("button", { type: "button", "aria-pressed": String(name === chosen), "aria-label": word(words), title: word(words), "data-theme-choice": name,
            onclick: () => { memory.chooseTheme(name); this.drawLists(); this.refocus(`[data-theme-choice="${name}"]`); } }, icon(shape, 18)))),
      this.session.languages && this.session.person
        ? element("div", { class: "choice", role: "group", "aria-label": word("language") },
            [["zh", "中文"], ["en", "EN"]].map(([code, label]) =>
              element("button", { type: "button", lang: code, "aria-pressed": String(code === currentLanguage()), "data-language": code,
                onclick: () => this.on.language(code) }, label)))
        : null);
  }

  refocus(selector) {
    (this.sheet.open ? this.sheet : this.side).querySelector(selector)?.focus();
  }

  open() {
    this.drawSheet();
    this.sheet.showModal();
  }

  drawSheet() {
    this.sheet.setAttribute("aria-label", word("menu"));
    this.sheet.replaceChildren(element("div", { class: "sheet-body" },
      element("div", { class: "sheet-head" },
        element("strong", {}, word("menu")),
        element("button", { type: "button", class: "quiet", "aria-label": word("close"), onclick: () => this.sheet.close() }, icon("cross", 20))),
      ...this.lists()));
  }

  total() {
    const count = (this.session.personas ?? []).reduce((sum, persona) => sum + this.unread(persona.id), 0);
    return count ? badge(count, "who-unread") : element("span", { class: "who-unread", hidden: true });
  }

  light() {
    const words = { up: "online", down: "offline", connecting: "connecting" }[this.state];
    return element("p", { class: `connection connection-${this.state}` }, element("i", { "aria-hidden": "true" }), word(words));
  }
}

function described(person) {
  return [...new Set([person.department, ...person.roles])].filter(Boolean).join(" · ");
}

function badge(count, extra = "") {
  return element("span", { class: `badge ${extra}`, "aria-label": word("unread", { count }), role: "img" }, count > 99 ? "99+" : String(count));
}

// Initials on a colour of one's own: the last two signs of a Chinese name, the first letters of another.
function face(person) {
  const chinese = /\p{Script=Han}/u.test(person.name);
  const signs = [...person.name.trim()];
  const initials = chinese ? signs.slice(-2).join("") : person.name.split(/\s+/).slice(0, 2).map((part) => [...part][0] ?? "").join("").toUpperCase();
  let sum = 2166136261;
  for (const sign of person.id) sum = Math.imul(sum ^ sign.codePointAt(0), 16777619) >>> 0;
  return element("span", { class: `avatar hue-${(sum >>> 7) % HUES}`, "aria-hidden": "true" }, initials);
}
