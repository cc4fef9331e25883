import htmx from "htmx.org";

// The help button is a plain link to the page's help; with scripts the same text opens on top.
export function startHelp(): void {
  const link = document.querySelector<HTMLAnchorElement>("[data-help]");
  const dialog = document.querySelector<HTMLDialogElement>("#help");
  const body = document.querySelector<HTMLElement>("#help-body");
  if (!link || !dialog || !body) return;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    htmx
      .ajax("get", link.href, { target: body, swap: "innerHTML" })
      .then(() => dialog.showModal())
      .catch(() => location.assign(link.href));
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // a click beside the box closes it
  });
}
