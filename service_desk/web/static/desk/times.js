// The running timer, and moments told as "2 min ago" that must not grow old on an open page.
const two = (n) => String(n).padStart(2, "0");

function elapsed(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

// Chinese typography puts a space between a number and the words around it; Intl does not.
const spaced = (text) => text.replace(/(\d)(\p{Script=Han})/gu, "$1 $2");

const STEPS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function ago(moment, words) {
  const seconds = (moment - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? STEPS.at(-1);
  return spaced(words.format(Math.trunc(seconds / size), unit));
}

export function keepTimes() {
  const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
  const tick = () => {
    for (const node of document.querySelectorAll("[data-timer]")) node.textContent = elapsed(Date.parse(node.dataset.timer));
  };
  const refresh = () => {
    for (const node of document.querySelectorAll("time[data-ago]")) node.textContent = ago(Date.parse(node.dateTime), words);
  };
  tick();
  setInterval(tick, 1000);
  setInterval(refresh, 30000);
}
