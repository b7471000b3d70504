// Light, dark, or as the machine says. The server reads the cookie, so the next page starts in the right one.
const MEDIA = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };
const SCHEME = { auto: "light dark", light: "light", dark: "dark" };
const YEAR = 365 * 24 * 3600;

function apply(theme) {
  document.documentElement.dataset.theme = theme;
  document.getElementById("dark").media = MEDIA[theme];
  document.querySelector("meta[name=color-scheme]").content = SCHEME[theme];
  for (const button of document.querySelectorAll("[data-theme-form] button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
}

function keep(theme) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=/; Max-Age=${YEAR}; SameSite=Lax${secure}`;
  try { localStorage.setItem("theme", theme); } catch { /* A browser that keeps nothing still has the cookie. */ }
}

export function chooseTheme() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-theme-form]") || !event.submitter) return;
    event.preventDefault();
    apply(event.submitter.value);
    keep(event.submitter.value);
  });
  // Another tab of the same browser changed it.
  addEventListener("storage", (event) => { if (event.key === "theme" && event.newValue in MEDIA) apply(event.newValue); });
}
