// Light, dark, or as the machine says. The choice shows at once and the server keeps it, so the next page starts in it.
const MEDIA = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };
const SCHEME = { auto: "light dark", light: "light", dark: "dark" };

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  document.getElementById("dark").media = MEDIA[theme];
  document.querySelector("meta[name=color-scheme]").content = SCHEME[theme];
  for (const button of document.querySelectorAll("[data-theme-form] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

async function keep(form, button) {
  // Other tabs of this browser hear of it through the storage.
  try { localStorage.setItem("theme", button.value); } catch { /* A browser that keeps nothing still asks the server. */ }
  const fields = new FormData(form);
  fields.set(button.name, button.value);
  await fetch(form.action, { method: "POST", body: fields, redirect: "manual" });
}

export function chooseTheme() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    apply(event.submitter.value);
    keep(event.target, event.submitter);
  });
  addEventListener("storage", (event) => { if (event.key === "theme" && event.newValue in MEDIA) apply(event.newValue); });
}
