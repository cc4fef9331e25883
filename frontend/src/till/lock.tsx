// Who works here: a clerk's name, then the PIN, by touch or by keys.

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { signIn } from "./device.ts";
import * as store from "./store.ts";
import type { Clerk } from "./types.ts";
import { LanguageChoice } from "./preferences.tsx";
import { Button, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const LONGEST = 8;
const SHORTEST = 4;

export function LockScreen() {
  const chosen = useSignal<Clerk | null>(null);
  const clerks = store.config.value?.clerks ?? [];
  const till = store.config.value?.till;
  return (
    <main id="main" class="mx-auto grid w-full max-w-xl gap-5 p-4 sm:pt-10">
      <div class="flex flex-wrap items-center justify-between gap-3">
        <div>
          <h1 class="text-3xl">{t("Who is working?")}</h1>
          {till && <p class="muted">{t("{shop}, till {till}", { shop: till.shop_name, till: till.code })}</p>}
        </div>
        <LanguageChoice />
      </div>
      {!clerks.some((each) => each.has_pin) && (
        <Notice tone="warning">
          {t("Nobody has a PIN yet. Set one in the back office, under Staff, then open this page again.")}
        </Notice>
      )}
      {chosen.value ? (
        <PinPad clerk={chosen.value} enter={signIn} back={() => (chosen.value = null)} />
      ) : (
        <ul class="grid gap-3 sm:grid-cols-2">
          {clerks.map((each) => (
            <li>
              <Button
                class="w-full justify-start"
                tall
                icon="member"
                disabled={!each.has_pin}
                onClick={() => (chosen.value = each)}
              >
                {each.name}
                {!each.has_pin && <span class="muted text-sm font-normal">{t("no PIN yet")}</span>}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </main>
  );
}

/** The PIN of one person. `enter` throws with the reason when it is not right. */
export function PinPad({
  clerk,
  enter,
  back,
}: {
  clerk: Clerk;
  enter: (id: number, pin: string) => Promise<void>;
  back: () => void;
}) {
  const pin = useSignal("");
  const deed = useDeed();
  const press = (digit: string): void => {
    if (pin.value.length < LONGEST && !deed.busy) pin.value += digit;
  };
  const go = (): void =>
    void deed.run(async () => {
      const typed = pin.value;
      pin.value = "";
      await enter(clerk.id, typed);
    });
  const section = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    section.current?.focus();
    const type = (event: KeyboardEvent): void => {
      if (/^\d$/.test(event.key)) press(event.key);
      else if (event.key === "Backspace") pin.value = pin.value.slice(0, -1);
      else if (event.key === "Enter" && pin.value.length >= SHORTEST) {
        event.preventDefault();
        go();
      }
    };
    addEventListener("keydown", type);
    return () => removeEventListener("keydown", type);
  }, []);
  return (
    <section
      ref={section}
      tabindex={-1}
      class="sheet grid justify-items-center gap-4"
      aria-label={t("PIN of {name}", { name: clerk.name })}
    >
      <h2>{clerk.name}</h2>
      <output
        class="figure flex h-8 items-center gap-3 text-3xl"
        aria-label={t("PIN: {count} digits typed", { count: pin.value.length })}
      >
        {pin.value ? (
          "●".repeat(pin.value.length)
        ) : (
          <span class="muted text-base font-normal">{t("Type your PIN")}</span>
        )}
      </output>
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      <div class="grid w-full max-w-xs grid-cols-3 gap-2">
        {KEYS.map((digit) => (
          <Button tall onClick={() => press(digit)}>
            {digit}
          </Button>
        ))}
        <Button tall icon="back" bare onClick={() => (pin.value = pin.value.slice(0, -1))}>
          {t("Delete the last digit")}
        </Button>
        <Button tall onClick={() => press("0")}>
          0
        </Button>
        <Button tall tone="primary" icon="check" bare disabled={pin.value.length < SHORTEST || deed.busy} onClick={go}>
          {t("Sign in")}
        </Button>
      </div>
      <Button tone="ghost" onClick={back}>
        {t("Somebody else")}
      </Button>
    </section>
  );
}
