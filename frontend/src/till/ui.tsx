// The pieces that every screen is made of. Text is only ever put in as text.

import { useId, useLayoutEffect, useRef } from "preact/hooks";
import type { ComponentChildren, ComponentProps, TargetedInputEvent } from "preact";
import { useSignal } from "@preact/signals";
import { beep } from "./sound.ts";
import { toast } from "./store.ts";
import { t } from "./words.ts";

const PATHS = {
  gift: [
    "M4 11.5h16V20H4z",
    "M3 7.5h18v4H3z",
    "M12 7.5V20",
    "M12 7.5C9 7.5 7.5 6 8 4.6s3-1 4 2.9c1-3.9 3.5-4.3 4-2.9s-1 2.9-4 2.9",
  ],
  check: ["M4 12.5 9.5 18 20 6.5"],
  cross: ["M6 6l12 12M18 6 6 18"],
  plus: ["M12 5v14M5 12h14"],
  minus: ["M5 12h14"],
  back: ["M19 12H5M11 18l-6-6 6-6"],
  search: ["M4 10.5a6.5 6.5 0 1 0 13 0 6.5 6.5 0 1 0-13 0", "m15.5 15.5 5 5"],
  camera: ["M3 8h4l2-3h6l2 3h4v11H3z", "M8.5 13a3.5 3.5 0 1 0 7 0 3.5 3.5 0 1 0-7 0"],
  lock: ["M5 11h14v9H5z", "M8 11V8a4 4 0 0 1 8 0v3"],
  more: ["M5 12h.1M12 12h.1M19 12h.1"],
  print: ["M7 9V3.5h10V9M7 17H4V9h16v8h-3", "M7 14h10v6.5H7z"],
  receipt: ["M6 3.5h12v17l-3-2-3 2-3-2-3 2z", "M9.5 8.5h5M9.5 12.5h5"],
  table: ["M3 9h18M5 9v10M19 9v10M8 9V5h8v4"],
  split: ["M12 20v-7M12 13 5 5M12 13l7-8M5 10V5h5M14 5h5v5"],
  out: ["M14 4H5v16h9M10 12h11M17.5 8l3.8 4-3.8 4"],
  warning: ["M12 3.5 2.5 20h19z", "M12 10v4.5M12 17.2v.1"],
  info: ["M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0", "M12 11v5.5M12 7.4v.1"],
  settings: ["M4 7h10M18 7h2M4 17h2M10 17h10", "M14 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0M6 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0"],
  clock: ["M3 12a9 9 0 1 0 18 0 9 9 0 1 0-18 0", "M12 7v5.3l3.4 2"],
  note: ["M5 4h14v16H5z", "M8.5 9h7M8.5 13h5"],
  member: ["M8 8a4 4 0 1 0 8 0 4 4 0 1 0-8 0", "M4.5 20.5a7.5 7.5 0 0 1 15 0"],
  edit: ["M4 20h4L19 9l-4-4L4 16z", "M13.5 6.5l4 4"],
  moon: ["M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z"],
  undo: ["M9 14.5 4.5 10 9 5.5", "M5 10h9a5.5 5.5 0 0 1 0 11h-3"],
} as const;

export type IconName = keyof typeof PATHS;

/** A drawn sign beside a word that says the same. */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {PATHS[name].map((d) => (
        <path d={d} />
      ))}
    </svg>
  );
}

type Tone = "primary" | "plain" | "ghost" | "accent" | "danger";
const TONES: Record<Tone, string> = {
  primary: "btn btn-primary",
  plain: "btn btn-plain",
  ghost: "btn btn-ghost",
  accent: "btn btn-accent",
  danger: "btn btn-error",
};

type ButtonProps = Omit<ComponentProps<"button">, "icon"> & {
  "data-loyalty"?: boolean;
  "data-pay"?: boolean;
  "data-total"?: boolean;
  "data-tender"?: string;
  "data-finish"?: boolean;
  "data-focus"?: boolean;
  "data-step"?: string;
  tone?: Tone;
  icon?: IconName;
  /** The word is for screen readers only. */
  bare?: boolean;
  tall?: boolean;
};

export function Button({
  tone = "plain",
  icon,
  bare,
  tall,
  children,
  class: more,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button type={type} class={`${TONES[tone]} ${tall ? "btn-tall" : ""} ${String(more ?? "")}`} {...rest}>
      {icon && <Icon name={icon} />}
      {bare ? <span class="sr-only">{children}</span> : children}
    </button>
  );
}

interface DialogProps {
  title: string;
  close: () => void;
  children: ComponentChildren;
  wide?: boolean;
}

/** A dialog that takes the focus, gives it back, and closes by Escape. */
export function Dialog({ title, close, children, wide }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const cancel = (event: Event): void => {
    event.preventDefault();
    close();
  };
  return (
    <dialog
      ref={box}
      class={`sheet-dialog ${wide ? "sheet-wide" : ""}`}
      aria-labelledby={id}
      onCancel={cancel}
      onClose={close}
    >
      <div class="sheet-head">
        <h2 id={id}>{title}</h2>
        <Button tone="ghost" icon="cross" bare onClick={close}>
          {t("Close")}
        </Button>
      </div>
      <div class="sheet-body">
        <ToastLine />
        {children}
      </div>
    </dialog>
  );
}

/** What was said last. Behind an open window nothing can be read or pressed: it is said in the window then. */
export function ToastLine() {
  const said = toast.value;
  if (!said) return null;
  const undo = (): void => {
    said.undo?.();
    toast.value = null;
  };
  return (
    <div class={`notice tone-${said.tone} mb-3`} role="status">
      <span class="grow">{said.text}</span>
      {said.undo && (
        <Button icon="undo" onClick={undo}>
          {t("Undo")}
        </Button>
      )}
      <Button tone="ghost" icon="cross" bare onClick={() => (toast.value = null)}>
        {t("Close")}
      </Button>
    </div>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onInput: (event: TargetedInputEvent<HTMLInputElement>) => void;
  hint?: string;
  fault?: string;
  big?: boolean;
  type?: "text" | "tel" | "email" | "password";
  inputMode?: "decimal";
  maxLength?: number;
  required?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  autocapitalize?: string;
}

export function Field({ label, hint, fault, big, ...rest }: FieldProps) {
  const id = useId();
  const about = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div class="grid gap-1">
      <label for={id} class="font-semibold">
        {label}
      </label>
      {hint && (
        <p id={`${id}-hint`} class="muted text-sm">
          {hint}
        </p>
      )}
      <input
        id={id}
        class={`field-input ${big ? "field-big" : ""}`}
        aria-invalid={fault ? "true" : undefined}
        aria-describedby={about || undefined}
        autocomplete="off"
        {...(rest as ComponentProps<"input">)}
      />
      {fault && (
        <p id={`${id}-fault`} class="field-error">
          {fault}
        </p>
      )}
    </div>
  );
}

export type NoticeTone = "info" | "success" | "warning" | "error";

export function Notice({ tone = "info", children }: { tone?: NoticeTone; children: ComponentChildren }) {
  const icon: IconName = tone === "success" ? "check" : tone === "info" ? "info" : "warning";
  return (
    <div class={`notice tone-${tone}`} role={tone === "error" ? "alert" : undefined}>
      <Icon name={icon} />
      <div class="min-w-0 grow">{children}</div>
    </div>
  );
}

/** Something to do that may fail: while it runs the button waits, and what went wrong is said. */
export function useDeed(): {
  busy: boolean;
  fault: string;
  run: (deed: () => Promise<void>) => Promise<void>;
  say: (text: string) => void;
} {
  const [busy, fault] = [useSignal(false), useSignal("")];
  const run = async (deed: () => Promise<void>): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    fault.value = "";
    try {
      await deed();
    } catch (error) {
      fault.value = faultOf(error);
      beep(false);
    } finally {
      busy.value = false;
    }
  };
  return { busy: busy.value, fault: fault.value, run, say: (text) => (fault.value = text) };
}

export function faultOf(error: unknown): string {
  const said = error instanceof Error ? error.message : "";
  return said || t("No answer from the loyalty service. The sale can go on; try again in a moment.");
}

/** Plus and minus with the number between them. */
export function Stepper({
  value,
  change,
  label,
  least = 0,
  most = 9999,
}: {
  value: number;
  change: (to: number) => void;
  label: string;
  least?: number;
  most?: number;
}) {
  return (
    <div class="flex items-center gap-1" role="group" aria-label={label}>
      <Button tone="plain" icon="minus" bare disabled={value <= least} onClick={() => change(value - 1)}>
        {t("One less")}
      </Button>
      <output class="num min-w-10 text-center text-lg font-bold">{value}</output>
      <Button tone="plain" icon="plus" bare disabled={value >= most} onClick={() => change(value + 1)}>
        {t("One more")}
      </Button>
    </div>
  );
}
