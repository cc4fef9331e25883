// What a page says when a part of it got no answer, or none that can be shown. What was typed stays where it is.
import htmx from "htmx.org";

type Kind = "signed-out" | "offline" | "late" | "stale" | "gone" | "often" | "broken";
interface RequestDetail {
  elt: Element;
  xhr: XMLHttpRequest;
  target: Element;
  shouldSwap: boolean;
  requestConfig?: { elt: Element; triggeringEvent?: Event; path?: string };
}

const PATIENCE = 20_000;
const FRESH_TOKEN = "Passage-Fresh-Token";
const KINDS: Record<number, Kind> = { 401: "signed-out", 403: "stale", 404: "gone", 410: "gone", 429: "often" };
const CAN_BE_SENT_AGAIN: Kind[] = ["offline", "late", "stale", "often", "broken"];

const told = (event: Event): RequestDetail => (event as CustomEvent<RequestDetail>).detail;

function clear(): void {
  for (const each of document.querySelectorAll(".trouble")) each.remove();
}

/** Says it at the form that was sent, or at the top of the page; `again` sends it once more. */
function say(kind: Kind, form: HTMLFormElement | null, again?: () => void): void {
  const pattern = document.querySelector<HTMLTemplateElement>("#trouble");
  const place = form ?? document.querySelector("#messages");
  if (!pattern || !place) return;
  clear();
  const notice = pattern.content.cloneNode(true) as DocumentFragment;
  for (const each of notice.querySelectorAll<HTMLElement>("[data-trouble]"))
    if (each.dataset["trouble"] !== kind) each.remove();
  if (kind !== "signed-out") notice.querySelector("[data-sign-in]")?.remove();
  const button = notice.querySelector<HTMLButtonElement>("[data-again]");
  if (again && CAN_BE_SENT_AGAIN.includes(kind)) button?.addEventListener("click", again);
  else button?.remove();
  place.prepend(notice);
  place.querySelector(".trouble")?.scrollIntoView({ block: "nearest" });
}

/** By a click on the button that was pressed: htmx takes its value from there, and from no submission. */
function press(form: HTMLFormElement, pressed: HTMLElement | null): void {
  if (pressed?.isConnected) pressed.click();
  else form.requestSubmit();
}

function sendAgain(form: HTMLFormElement | null, event: Event | undefined): (() => void) | undefined {
  if (!form) return undefined;
  const pressed = event instanceof SubmitEvent ? event.submitter : null;
  return () => press(form, pressed);
}

function report(kind: Kind, event: Event): void {
  const { elt, requestConfig } = told(event);
  const form = elt.closest("form");
  say(kind, form, sendAgain(form, requestConfig?.triggeringEvent));
}

/** Signed in again in another tab, the page's forms carry an old mark: they take the new one, and this one goes again. */
function isMended(event: Event): boolean {
  const { elt, xhr, requestConfig } = told(event);
  const token = xhr.status === 403 && xhr.getResponseHeader(FRESH_TOKEN);
  const form = elt.closest("form");
  if (!token || !form || form.dataset["mended"]) return false;
  for (const each of document.querySelectorAll<HTMLInputElement>("input[name=csrfmiddlewaretoken]")) each.value = token;
  form.dataset["mended"] = "yes";
  // After htmx has let go of the form and its button.
  setTimeout(() => sendAgain(form, requestConfig?.triggeringEvent)?.());
  return true;
}

function failed(event: Event): void {
  if (!isMended(event)) report(KINDS[told(event).xhr.status] ?? "broken", event);
}

/** A whole page came where a part of this one was asked for: to show it would empty the place. */
function keepThePart(event: Event): void {
  const { xhr, shouldSwap, requestConfig } = told(event);
  const part = requestConfig?.elt.closest("[hx-select]")?.getAttribute("hx-select") ?? "";
  if (!shouldSwap || !part.startsWith("#") || xhr.responseText.includes(`id="${part.slice(1)}"`)) return;
  (event as CustomEvent<{ shouldSwap: boolean }>).detail.shouldSwap = false;
  const went = new URL(xhr.responseURL || location.href);
  // Led elsewhere, to where a second factor is set up for example: there the reader goes.
  if (went.pathname !== new URL(told(event).requestConfig?.path ?? "", location.href).pathname) location.assign(went);
  else report("broken", event);
}

/** A plain form would leave the page for the browser's own, and what was typed with it. */
function keepOffline(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (navigator.onLine || form.method === "dialog" || form.hasAttribute("hx-post") || form.hasAttribute("hx-get"))
    return;
  event.preventDefault();
  event.stopImmediatePropagation();
  say("offline", form, () => press(form, event.submitter));
}

export function startTrouble(): void {
  htmx.config.timeout = PATIENCE;
  document.addEventListener("submit", keepOffline, true);
  document.body.addEventListener("htmx:sendError", (event) => report("offline", event));
  document.body.addEventListener("htmx:timeout", (event) => report("late", event));
  document.body.addEventListener("htmx:responseError", failed);
  document.body.addEventListener("htmx:beforeSwap", keepThePart);
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const form = told(event).elt.closest("form");
    if (form) delete form.dataset["mended"];
    clear();
  });
}
