// Builds elements. Words only ever become text nodes: there is no way to markup from here.

const VECTOR = "http://www.w3.org/2000/svg";

// element("button", {class: "x", "aria-label": "y", onclick: f}, "text", child, null …)
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

const SHAPES = {
  send: ["M5 12h13", "M12.5 5.5 19 12l-6.5 6.5"],
  down: ["M12 5v13", "M6 12.5l6 6 6-6"],
  check: ["M5 12.5l4.5 4.5L19 7.5"],
  cross: ["M7 7l10 10", "M17 7 7 17"],
  minus: ["M7 12h10"],
  clock: ["M12 7.5V12l3 2", "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z"],
  alert: ["M12 8v5", "M12 16.3v.2", "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z"],
  sun: ["M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z", "M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"],
  moon: ["M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7z"],
  device: ["M4 6h16v10H4z", "M9 20h6M12 16v4"],
  people: ["M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z", "M3 19.5c0-3.3 2.7-5 6-5s6 1.7 6 5", "M16 5a3.3 3.3 0 0 1 0 6.3M17.5 14.8c2.1.6 3.5 2.1 3.5 4.7"],
  unfold: ["M8 10l4 4 4-4"],
  arrow: ["M4 12h15", "M14 7l5 5-5 5"],
};

// A line drawing that says nothing to a screen reader; the control around it carries the label.
export function icon(name, size = 20) {
  const drawing = vector("svg", { viewBox: "0 0 24 24", width: size, height: size, class: "icon", "aria-hidden": "true", focusable: "false" });
  for (const shape of SHAPES[name]) drawing.append(vector("path", { d: shape }));
  return drawing;
}

// The bot's face: a warehouse with goods in it.
export function keeper(size) {
  const drawing = vector("svg", { viewBox: "0 0 40 40", width: size, height: size, class: "keeper", "aria-hidden": "true", focusable: "false" });
  drawing.append(
    vector("rect", { width: 40, height: 40, rx: 11, class: "keeper-ground" }),
    vector("path", { d: "M8.5 18.2 20 10.5l11.5 7.7V30h-3.6V19.8L20 14.6l-7.9 5.2V30H8.5z", class: "keeper-house" }),
    vector("rect", { x: 14.6, y: 23, width: 4.6, height: 4, rx: 0.8, class: "keeper-box" }),
    vector("rect", { x: 20.8, y: 23, width: 4.6, height: 4, rx: 0.8, class: "keeper-house" }),
    vector("rect", { x: 14.6, y: 28.2, width: 4.6, height: 1.8, rx: 0.6, class: "keeper-house" }),
    vector("rect", { x: 20.8, y: 28.2, width: 4.6, height: 1.8, rx: 0.6, class: "keeper-box" }),
  );
  return drawing;
}

function vector(tag, properties) {
  const node = document.createElementNS(VECTOR, tag);
  for (const [name, value] of Object.entries(properties)) node.setAttribute(name, String(value));
  return node;
}
