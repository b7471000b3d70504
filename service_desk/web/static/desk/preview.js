// A form with data-preview="id" shows what its fields would mean while they are typed: the page of its action is asked,
// and the element of that id is taken from the answer. Without scripts the form's own button does the same.
const WAIT = 400;

function follow(form) {
  let timer = 0;
  let asked = 0;
  async function show() {
    const mine = ++asked;
    const url = new URL(form.action);
    url.search = new URLSearchParams(new FormData(form)).toString();
    url.searchParams.delete("csrf_token");
    const answer = await fetch(url);
    if (!answer.ok || mine !== asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(form.dataset.preview);
    const old = document.getElementById(form.dataset.preview);
    if (fresh && old && mine === asked) old.replaceChildren(...fresh.childNodes);
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => show().catch(() => {}), WAIT);
  });
}

export function previewForms() {
  document.querySelectorAll("form[data-preview]").forEach(follow);
}
