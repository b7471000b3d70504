// What is wrong with the page that is open, for somebody who reads it with a keyboard, a screen reader or weak eyes.
// Returns sentences; an empty list is a page in order.
(lang) => {
  const wrong = [];
  for (const one of document.getAnimations()) if (one.effect && one.effect.getComputedTiming().endTime < Infinity) one.finish();
  const shown = (node) => {
    if (!node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false;
    const box = node.getBoundingClientRect();
    return box.width > 1 && box.height > 1;
  };
  const spot = (node) => {
    const name = node.tagName.toLowerCase();
    const more = node.id ? `#${node.id}` : node.className && node.className.baseVal === undefined ? `.${[...node.classList].join(".")}` : "";
    return `<${name}${more}> “${(node.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40)}”`;
  };
  const say = (what, node) => wrong.push(`${what}: ${spot(node)}`);

  const html = document.documentElement;
  if (html.lang !== lang) wrong.push(`the page says its language is ${html.lang}, not ${lang}`);
  if (!document.title.trim()) wrong.push("no title");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not exactly one main landmark");

  const heads = [...document.querySelectorAll("h1,h2,h3,h4,h5,h6")].filter(shown);
  if (heads.filter((head) => head.tagName === "H1").length !== 1) wrong.push(`not exactly one h1: ${heads.map(spot).join(" ")}`);
  let level = 0;
  for (const head of heads) {
    const here = Number(head.tagName[1]);
    if (level && here > level + 1) say(`heading jumps from h${level} to h${here}`, head);
    level = here;
    if (!head.textContent.trim()) say("empty heading", head);
  }

  const ids = new Map();
  for (const node of document.querySelectorAll("[id]")) ids.set(node.id, (ids.get(node.id) || 0) + 1);
  for (const [id, times] of ids) if (times > 1) wrong.push(`id ${id} stands ${times} times`);
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for"])
    for (const node of document.querySelectorAll(`[${name}]`))
      for (const id of node.getAttribute(name).split(/\s+/).filter(Boolean))
        if (!ids.has(id)) say(`${name} points to nothing (${id})`, node);

  // A small account of how a name is computed: enough for plain HTML, stricter than a browser where in doubt.
  const words = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent;
    if (node.nodeType !== Node.ELEMENT_NODE || node.getAttribute("aria-hidden") === "true") return "";
    return node.getAttribute("aria-label") || node.getAttribute("alt") || [...node.childNodes].map(words).join("");
  };
  const called = (node) =>
    (node.getAttribute("aria-label") || "").trim() ||
    (node.getAttribute("aria-labelledby") || "").split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean).map(words).join(" ").trim() ||
    (node.labels ? [...node.labels].map(words).join(" ").trim() : "") ||
    (["INPUT", "SELECT", "TEXTAREA"].includes(node.tagName) ? (node.type === "submit" ? node.value : "") : words(node)).trim() ||
    (node.getAttribute("title") || "").trim();
  for (const node of document.querySelectorAll("input:not([type=hidden]),select,textarea,button,a[href],summary,[role=button],[tabindex='0']"))
    if (node.checkVisibility() && !called(node)) say("no name", node);
  for (const node of document.querySelectorAll("img:not([alt])")) say("picture without words", node);
  for (const node of document.querySelectorAll("svg[role=img]"))
    if (!called(node) && !node.querySelector("title")) say("chart without words", node);
  for (const node of document.querySelectorAll("main svg:not([role=img]):not([aria-hidden=true])"))
    if (!node.closest("[aria-hidden=true],[role=img]")) say("a drawing is neither named nor hidden", node);
  const lists = [...document.querySelectorAll("nav")].filter(shown);
  if (lists.length > 1) for (const nav of lists) if (!called(nav).trim() || !(nav.hasAttribute("aria-label") || nav.hasAttribute("aria-labelledby"))) say("one of several menus without a name", nav);
  for (const list of document.querySelectorAll("main ul,main ol"))
    for (const child of list.children) if (!["LI", "SCRIPT", "TEMPLATE"].includes(child.tagName)) say("a list holds what is no item", child);
  for (const node of document.querySelectorAll("[tabindex]")) if (node.tabIndex > 0) say("tabindex above 0", node);
  for (const node of document.querySelectorAll("[role=status],[role=alert]")) if (node.closest("a,button")) say("a message inside a control", node);
  for (const outer of document.querySelectorAll("a[href],button")) {
    const inner = outer.querySelector("a[href],button,input,select,textarea");
    if (inner) say("a control inside a control", outer);
  }

  // Contrast as it is computed here and now, whatever the tokens promise.
  const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const read = (colour) => {
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const ground = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null;
      const layer = read(style.backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255, 1]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = new Set();
  for (let walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), text; (text = walk.nextNode()); ) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !shown(node) || node.closest("[disabled],[aria-disabled=true],option,svg,.hear,.skip")) continue;
    const style = getComputedStyle(node);
    const back = ground(node);
    if (!back) continue;
    const front = over(read(style.color), back);
    const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const key = `${node.tagName}.${node.className}`;
    if (ratio < needed - 0.05 && !faint.has(key)) {
      faint.add(key);
      say(`contrast ${ratio.toFixed(2)}`, node);
    }
  }

  // Where the focus is can be seen: something of the element or around it changes.
  const look = (node) => {
    const style = getComputedStyle(node);
    return [style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 ? style.outline : "", style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine].join("|");
  };
  const before = document.activeElement;
  const tried = new Set();
  for (const node of document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary")) {
    const kind = `${node.tagName}.${node.className}.${node.type || ""}`;
    if (tried.has(kind) || node.disabled || !shown(node)) continue;
    tried.add(kind);
    const calm = [node, node.labels && node.labels[0], node.parentElement].map((one) => (one ? look(one) : ""));
    node.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement !== node) continue;
    const now = [node, node.labels && node.labels[0], node.parentElement].map((one) => (one ? look(one) : ""));
    if (now.join() === calm.join()) say("focus cannot be seen", node);
    node.blur();
  }
  if (before && before.focus) before.focus({ preventScroll: true });
  return wrong;
}
