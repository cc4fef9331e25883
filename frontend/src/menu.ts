// On a phone the menu scrolls sideways: the entry one is at comes into sight by itself.
export function startMenu(): void {
  for (const entry of document.querySelectorAll<HTMLElement>(".main-menu [aria-current]")) {
    const row = entry.parentElement;
    if (row) row.scrollLeft = entry.offsetLeft - row.offsetLeft - 16;
  }
}
