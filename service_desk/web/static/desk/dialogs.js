// Asking before a grave step. A form with data-confirm asks one sentence; a link with data-dialog shows the form of the
// page it leads to. Without a script the form is sent at once, and the link opens that page.
function sure(sentence) {
  const box = document.getElementById("confirm");
  if (!box) return Promise.resolve(confirm(sentence));
  box.querySelector("h2").textContent = sentence;
  box.returnValue = "";
  box.showModal();
  return new Promise((answer) => box.addEventListener("close", () => answer(box.returnValue === "yes"), { once: true }));
}

async function formOf(url) {
  const answer = await fetch(url);
  if (!answer.ok || new URL(answer.url).pathname !== new URL(url).pathname) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-dialog-body]");
}

async function showForm(link) {
  const form = await formOf(link.href).catch(() => null);
  if (!form) return location.assign(link.href);
  const box = document.createElement("dialog");
  box.append(document.adoptNode(form));
  document.body.append(box);
  box.addEventListener("close", () => { box.remove(); link.focus(); });
  box.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    box.close();
  });
  box.showModal();
}

export function askFirst() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.confirm || form.dataset.sure) return;
    event.preventDefault();
    if (!await sure(form.dataset.confirm)) return;
    form.dataset.sure = "yes";
    form.requestSubmit(event.submitter);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    showForm(link);
  });
}
