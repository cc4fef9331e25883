// Small courtesies for forms; every one of them works without scripts too.

function guardSecondSubmit(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
}

function allowAgain(event: Event): void {
  const form = (event as CustomEvent<{ elt: Element }>).detail.elt.closest("form");
  if (form) delete form.dataset.sent;
}

function focusFirstFault(): void {
  const faulty = document.querySelector<HTMLElement>("[aria-invalid=true]");
  const wanted = faulty ?? document.querySelector<HTMLElement>("#step [autofocus]");
  if (!wanted) return;
  // The whole sheet comes into view, not just the field or button in it.
  wanted.focus({ preventScroll: true });
  wanted.closest(".sheet")?.scrollIntoView({ block: "nearest" });
  if (wanted instanceof HTMLInputElement) wanted.select();
}

function press(event: MouseEvent): void {
  const button = (event.target as Element).closest("[data-print]");
  if (button) window.print();
}

export function startForms(): void {
  document.addEventListener("submit", guardSecondSubmit);
  document.body.addEventListener("htmx:afterRequest", allowAgain);
  // At once with the swap: a key pressed in between would land in the wrong field.
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if ((event as CustomEvent<{ target: Element }>).detail.target.id === "step") focusFirstFault();
  });
  document.addEventListener("click", press);
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset.sent;
  });
  focusFirstFault();
}
