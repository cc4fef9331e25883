// A scanner that types like a keyboard: a burst of keys that ends in Enter, wherever the cursor stands. The field that
// had the focus keeps it, and gets back what it held before.

const FASTEST_TYPIST = 45;
const SHORTEST = 6; // a PIN is typed as fast, and is shorter

type Listener = (text: string) => void;
let listener: Listener | null = null;

/** Who gets what is scanned; until another one is named. Returns the way back. */
export function onScan(to: Listener): () => void {
  const before = listener;
  listener = to;
  return () => (listener = before);
}

interface Burst {
  text: string;
  last: number;
  field: HTMLInputElement | HTMLTextAreaElement | null;
  before: string;
}

let burst: Burst | null = null;

function fieldOf(target: EventTarget | null): Burst["field"] {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement ? target : null;
}

function note(event: KeyboardEvent): void {
  const field = fieldOf(event.target);
  const goesOn = burst !== null && event.timeStamp - burst.last < FASTEST_TYPIST;
  if (!goesOn) burst = { text: "", last: 0, field, before: field?.value ?? "" };
  if (burst) {
    burst.text += event.key;
    burst.last = event.timeStamp;
  }
}

function end(event: KeyboardEvent): void {
  const scanned = burst;
  burst = null;
  if (!listener || !scanned || scanned.text.length < SHORTEST || event.timeStamp - scanned.last >= FASTEST_TYPIST)
    return;
  event.preventDefault();
  event.stopPropagation();
  const { field } = scanned;
  if (field?.isConnected) {
    field.value = scanned.before;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  listener(scanned.text);
}

export function startScanner(): void {
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter") end(event);
      else if (event.key.length === 1) note(event);
    },
    { capture: true },
  );
}
