// Runs before the first paint, so that a page chosen dark never flashes light.
const chosen = localStorage.getItem("theme");
if (chosen === "passage" || chosen === "passage-dark") {
  document.documentElement.dataset.theme = chosen;
}
