// The light or dark switch. Without a choice the page follows the device.
const dark = "passage-dark";
const light = "passage";

function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  if (chosen) return chosen === dark;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function startTheme(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-theme-switch]");
  if (!button) return;
  const show = (): void => button.setAttribute("aria-pressed", String(isDark()));
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = isDark() ? light : dark;
    document.documentElement.dataset.theme = next;
    localStorage.setItem("theme", next);
    show();
  });
}
