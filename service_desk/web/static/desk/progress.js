// Long work: the page asks {state, percent, doing, url} every second until it is over.
const OVER = ["done", "failed", "cancelled"];

function show(box, work) {
  const bar = box.querySelector("progress");
  if (work.percent === null || work.percent === undefined) bar.removeAttribute("value");
  else bar.value = work.percent;
  box.querySelector("[data-doing]").textContent = work.doing;
  if (!OVER.includes(work.state)) return;
  bar.value = work.state === "done" ? 100 : 0;
  box.querySelector("[data-cancel]")?.remove();
  const link = box.querySelector("[data-done]");
  if (work.url) { link.href = work.url; link.hidden = false; link.focus(); }
}

async function follow(box) {
  const pause = (seconds) => setTimeout(() => follow(box), seconds * 1000);
  if (document.hidden) return pause(2);
  try {
    const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const work = await answer.json();
    show(box, work);
    if (!OVER.includes(work.state)) pause(1);
  } catch {
    pause(5);
  }
}

export function followProgress() {
  document.querySelectorAll("[data-progress]").forEach(follow);
}
