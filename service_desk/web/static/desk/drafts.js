// Nothing typed is lost: a form with data-draft="url" sends what stands in it to the server a moment after the last stroke.
// The page comes back filled by the server; sending the form ends the draft there.
const PAUSE = 900;

async function keep(form, mark) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  const token = document.querySelector("meta[name=csrf-token]").content;
  mark("saving");
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers: { "X-CSRFToken": token }, keepalive: true });
    mark(answer.ok ? "saved" : "lost");
    if (answer.ok) delete form.dataset.dirty;
  } catch {
    mark("lost");
  }
}

function watch(form) {
  const sign = form.querySelector("[data-draft-state]");
  const mark = (state) => { if (sign) sign.textContent = sign.dataset[state]; };
  let waiting = 0;
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form, mark), PAUSE);
  });
  form.addEventListener("submit", () => { clearTimeout(waiting); delete form.dataset.dirty; });
  addEventListener("pagehide", () => { if (form.dataset.dirty) keep(form, mark); });
}

export function keepDrafts() {
  document.querySelectorAll("form[data-draft]").forEach(watch);
}
