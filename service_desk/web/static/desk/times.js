// The running timer, and moments told as "2 min ago" that must not grow old on an open page.
const two = (n) => String(n).padStart(2, "0");

function elapsed(since) {
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

// The same words as the server's clock: the two largest units, rounded down to the minute; from two weeks on the days alone.
const UNITS = { zh: ["天", "小时", "分钟"], en: ["d", "h", "min"] };
const SIZES = [86400, 3600, 60];

function ago(moment, language) {
  const gap = Math.floor((Date.now() - moment) / 1000);
  if (Math.abs(gap) < 60) return language === "zh" ? "刚刚" : "just now";
  let rest = Math.abs(gap);
  if (rest >= 14 * SIZES[0]) rest -= rest % SIZES[0];
  const counts = SIZES.map((size) => { const count = Math.floor(rest / size); rest %= size; return count; });
  const first = counts.findIndex((count) => count > 0);
  const length = counts.map((count, place) => (count && place <= first + 1 ? `${count} ${UNITS[language][place]}` : "")).filter(Boolean).join(" ");
  if (language === "zh") return length + (gap > 0 ? "前" : "后");
  return gap > 0 ? `${length} ago` : `in ${length}`;
}

export function keepTimes() {
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  const tick = () => {
    for (const node of document.querySelectorAll("[data-timer]")) node.textContent = elapsed(Date.parse(node.dataset.timer));
  };
  const refresh = () => {
    for (const node of document.querySelectorAll("time[data-ago]")) node.textContent = ago(Date.parse(node.dateTime), language);
  };
  tick();
  setInterval(tick, 1000);
  setInterval(refresh, 30000);
}
