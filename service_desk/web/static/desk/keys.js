// Keys outside of fields: G then a letter goes somewhere, J and K walk a list, [ and ] turn pages, / and Ctrl K search, ? explains.
import { openPalette } from "./palette.js";

let afterG = 0;
// A field of a dialog that has just been closed may hold the focus for a moment; nobody types into what is not shown.
const typing = (node) => node.matches("input, textarea, select, [contenteditable]") && node.offsetParent !== null;
const rows = () => [...document.querySelectorAll("main [data-row]")].filter((row) => row.offsetParent !== null);

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.findIndex((row) => row.getAttribute("aria-selected") === "true");
  const next = all[Math.min(all.length - 1, Math.max(0, now + step))];
  all[now]?.removeAttribute("aria-selected");
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  (next.matches("a") ? next : next.querySelector("a"))?.focus({ preventScroll: true });
}

function turn(rel) {
  const link = document.querySelector(`main a[rel~=${rel}][href]`);
  if (link) location.assign(link.href);
}

function go(letter) {
  if (letter === "c") return openPalette("clients");
  const link = document.querySelector(`[data-go="${CSS.escape(letter)}"]`);
  if (link) location.assign(link.href);
}

const PLAIN = {
  "/": () => openPalette(),
  "?": () => document.getElementById("keys")?.showModal(),
  "j": () => walk(1),
  "k": () => walk(-1),
  "[": () => turn("prev"),
  "]": () => turn("next"),
};

function plainKey(event) {
  const key = event.key.toLowerCase();
  if (Date.now() - afterG < 1200) { afterG = 0; go(key); return true; }
  if (key === "g") { afterG = Date.now(); return true; }
  // A Chinese keyboard gives the full-width forms of these signs.
  const act = PLAIN[{ "／": "/", "？": "?", "【": "[", "】": "]", "、": "/" }[key] ?? key];
  if (act) act();
  return Boolean(act);
}

export function listenForKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "k" && document.getElementById("palette")) {
      event.preventDefault();
      openPalette();
    } else if (command && event.key === "Enter" && event.target.form) {
      event.preventDefault();
      event.target.form.requestSubmit();
    } else if (!command && !event.altKey && !typing(event.target) && !document.querySelector("dialog[open]")) {
      if (plainKey(event)) event.preventDefault();
    }
  });
}
