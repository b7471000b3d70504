// Live fragments: data-live="url" is asked again every data-every seconds while the page is seen. What somebody is
// holding (focus inside, an open menu) is left alone. The age stands in words in [data-live-age] of the same page.
const shown = new WeakMap();

function age(box) {
  const sign = document.querySelector("[data-live-age]");
  if (!sign) return;
  const seconds = Math.round((Date.now() - Number(box.dataset.seen)) / 1000);
  const words = seconds < 5 ? box.dataset.now : box.dataset.age.replace("{n}", String(seconds));
  sign.textContent = box.dataset.failed ? `${words} · ${box.dataset.lost}` : words;
}

async function refresh(box) {
  if (document.hidden || box.contains(document.activeElement)) return;
  try {
    const answer = await fetch(box.dataset.live, { headers: { "X-Fragment": "1" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const text = await answer.text();
    if (text !== shown.get(box)) box.innerHTML = text;
    shown.set(box, text);
    box.dataset.seen = Date.now();
    delete box.dataset.failed;
  } catch {
    box.dataset.failed = "yes";
  }
  age(box);
}

function watch(box) {
  const every = Math.max(5, Number(box.dataset.every)) * 1000;
  box.dataset.seen = Date.now();
  setInterval(() => refresh(box), every);
  setInterval(() => age(box), 5000);
  document.addEventListener("visibilitychange", () => { if (Date.now() - box.dataset.seen > every) refresh(box); });
}

export function refreshLive() {
  document.querySelectorAll("[data-live]").forEach(watch);
}
