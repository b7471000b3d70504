// Nothing typed is lost: a form with data-draft="url" sends what stands in it to the server a moment after the last stroke.
// With data-refill as well, an empty form is filled again from there; the server ends the draft when the form has done its work.
const PAUSE = 900;

const written = (form) => [...form.elements].some((one) => one.matches("textarea, input[type=text]") && one.value);

function put(form, name, value) {
  const field = form.elements.namedItem(name);
  if (!field || field.type === "file" || field.type === "hidden") return;
  field.value = value; // Of several buttons of one name it chooses the one of this value.
  if (value && field.closest) field.closest("details")?.setAttribute("open", "");
}

async function refill(form, mark) {
  const answer = await fetch(form.dataset.draft).catch(() => null);
  if (!answer?.ok) return;
  const { fields } = await answer.json();
  if (form.dataset.dirty || written(form)) return; // Somebody was faster, or the server has filled it.
  for (const [name, value] of Object.entries(fields)) put(form, name, value);
  if (written(form)) mark("saved");
}

async function keep(form, mark, signal) {
  const data = new FormData(form);
  for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
  const token = document.querySelector("meta[name=csrf-token]").content;
  mark("saving");
  try {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: data, headers: { "X-CSRFToken": token }, keepalive: true, signal });
    mark(answer.ok ? "saved" : "lost");
    if (answer.ok) delete form.dataset.dirty;
  } catch {
    if (!signal.aborted) mark("lost");
  }
}

function watch(form) {
  const sign = form.querySelector("[data-draft-state]");
  const mark = (state) => { if (sign) sign.textContent = sign.dataset[state]; };
  let sending = new AbortController(); // What is on its way when the form is sent must not come after it.
  let waiting = 0;
  form.addEventListener("input", () => {
    form.dataset.dirty = "yes";
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form, mark, sending.signal), PAUSE);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    sending.abort();
    sending = new AbortController();
    delete form.dataset.dirty;
  });
  addEventListener("pagehide", () => { if (form.dataset.dirty) keep(form, mark, sending.signal); });
  if ("refill" in form.dataset && !written(form)) refill(form, mark);
}

export function keepDrafts() {
  document.querySelectorAll("form[data-draft]").forEach(watch);
}
