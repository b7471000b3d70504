// The command palette: groups of {label, items: [{label, hint, url, colour}]} from the server, walked with the arrows.
// Keys that belong to a Chinese input method (isComposing) are never taken for commands.
const dialog = () => document.getElementById("palette");
let waiting = 0;
let asked = 0;

function option(item, number) {
  const node = document.createElement("div");
  node.setAttribute("role", "option");
  node.id = `palette-${number}`;
  node.dataset.url = item.url;
  if (Number.isInteger(item.colour)) {
    node.classList.add(`client-c${String(item.colour % 16).padStart(2, "0")}`);
    node.append(Object.assign(document.createElement("span"), { className: "dot" }));
  }
  node.append(Object.assign(document.createElement("span"), { textContent: item.label }));
  if (item.hint) node.append(Object.assign(document.createElement("span"), { className: "hint", textContent: item.hint }));
  return node;
}

function say(list, text) {
  list.replaceChildren(Object.assign(document.createElement("div"), { className: "nothing", textContent: text }));
}

function show(groups) {
  const list = dialog().querySelector("[role=listbox]");
  const filled = groups.filter((group) => group.items.length);
  if (!filled.length) return say(list, dialog().dataset.nothing);
  let number = 0;
  list.replaceChildren(...filled.map((group) => {
    const box = document.createElement("div");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", group.label);
    box.append(Object.assign(document.createElement("div"), { className: "group", textContent: group.label }));
    for (const item of group.items) box.append(option(item, number++));
    return box;
  }));
  choose(list.querySelector("[role=option]"));
}

function choose(node) {
  if (!node) return;
  for (const old of dialog().querySelectorAll("[aria-selected=true]")) old.setAttribute("aria-selected", "false");
  node.setAttribute("aria-selected", "true");
  node.scrollIntoView({ block: "nearest" });
  dialog().querySelector("input").setAttribute("aria-activedescendant", node.id);
}

async function ask() {
  const box = dialog();
  const url = new URL(box.dataset.url, location.href);
  url.searchParams.set("q", box.querySelector("input").value);
  for (const name of ["client", "section", "only"]) if (box.dataset[name]) url.searchParams.set(name, box.dataset[name]);
  const turn = ++asked;
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const { groups } = await answer.json();
    // A slow answer must not overwrite a newer one.
    if (turn === asked) show(groups);
  } catch {
    if (turn === asked) say(box.querySelector("[role=listbox]"), box.dataset.lost);
  }
}

function move(step) {
  const all = [...dialog().querySelectorAll("[role=option]")];
  const now = all.findIndex((node) => node.getAttribute("aria-selected") === "true");
  choose(all[(now + step + all.length) % all.length]);
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  const chosen = dialog().querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && chosen) location.assign(chosen.dataset.url);
  else return;
  event.preventDefault();
}

// Typing with an input method changes the field at every stroke; only the chosen words are worth a question.
function onInput(event) {
  if (event.isComposing) return;
  clearTimeout(waiting);
  waiting = setTimeout(ask, 120);
}

/** Opens the palette; only = "clients" makes it the client switcher. */
export function openPalette(only = "") {
  const box = dialog();
  if (!box || box.open) return;
  const input = box.querySelector("input");
  box.dataset.only = only;
  input.value = "";
  box.dataset.usual ||= input.placeholder;
  input.placeholder = only ? input.dataset.clients : box.dataset.usual;
  box.showModal();
  input.focus();
  ask();
}

export function openPalettes() {
  const box = dialog();
  if (!box) return;
  const input = box.querySelector("input");
  input.addEventListener("keydown", onKey);
  input.addEventListener("input", onInput);
  input.addEventListener("compositionend", () => { clearTimeout(waiting); ask(); });
  box.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) location.assign(chosen.dataset.url);
    else if (event.target === box) box.close();
  });
  box.addEventListener("pointermove", (event) => choose(event.target.closest("[role=option]")));
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (!opener || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    openPalette(opener.dataset.open === "clients" ? "clients" : "");
  });
}
