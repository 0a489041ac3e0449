// What this browser remembers by itself: theme, last seen places, unsent words. Works without storage too.

const fallback = new Map();

function read(area, name) {
  try {
    return JSON.parse(area().getItem(`kuguan.${name}`));
  } catch {
    return fallback.get(name) ?? null;
  }
}

function write(area, name, value) {
  fallback.set(name, value);
  try {
    area().setItem(`kuguan.${name}`, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: this tab remembers until it is closed.
  }
}

const shared = () => localStorage;
const tab = () => sessionStorage;

// Each tab may speak as somebody else, so that one screen can show both sides of an approval.
export const tabPerson = () => read(tab, "person") ?? read(shared, "person");
export function rememberPerson(id) {
  write(tab, "person", id);
  write(shared, "person", id);
}

export const seen = (id) => read(shared, `seen.${id}`) ?? 0;
export const rememberSeen = (id, sequence) => write(shared, `seen.${id}`, sequence);

export const unsent = (id) => read(shared, `unsent.${id}`) ?? [];
export const rememberUnsent = (id, list) => write(shared, `unsent.${id}`, list);

export const theme = () => document.documentElement.dataset.theme ?? "auto";
export function chooseTheme(chosen) {
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  try {
    if (chosen === "auto") localStorage.removeItem("kuguan.theme");
    else localStorage.setItem("kuguan.theme", chosen); // plain, theme.js reads it before anything else runs
  } catch {
    // Storage is forbidden: the choice holds for this tab.
  }
}
