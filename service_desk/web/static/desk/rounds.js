// An inspection round by keys: J and K walk (keys.js), 1 fine, 2 attention, 3 critical, 4 not inspected. What needs a word gets it next.
const typing = (node) => node.matches("input[type=text], textarea, select, [contenteditable]");

function answer(form, key) {
  const row = form.querySelector("[data-row][aria-selected=true]");
  const choice = row?.querySelector(`[data-answer="${CSS.escape(key)}"]`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event("input", { bubbles: true }));
  if (key === "2" || key === "3") row.querySelector("input[type=text]")?.focus();
  return true;
}

function leave(form, field) {
  field.blur();
  form.querySelector("[data-row][aria-selected=true]")?.focus({ preventScroll: true });
}

export function walkRounds() {
  const form = document.querySelector("form[data-round]");
  if (!form) return;
  form.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || !event.target.matches("input[type=text]")) return;
    // Enter in a note goes on with the list instead of sending the form.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey || event.key === "Escape") {
      event.preventDefault();
      leave(form, event.target);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const key = { "１": "1", "２": "2", "３": "3", "４": "4" }[event.key] ?? event.key;
    if (/^[1-4]$/.test(key) && answer(form, key)) event.preventDefault();
  });
}
