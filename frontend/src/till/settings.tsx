// Settings of this device, and under the advanced ones the loyalty service: on, off, connected, ready.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { refresh, StillWaiting, switchLoyalty, unpair } from "./device.ts";
import { LanguageChoice, SoundSwitch, ThemeSwitch } from "./preferences.tsx";
import * as store from "./store.ts";
import { Button, Dialog, Icon, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

export function SettingsScreen() {
  return (
    <div class="till-page">
      <h1 class="text-2xl">{t("Settings")}</h1>
      <section class="sheet grid gap-4">
        <h2>{t("This device")}</h2>
        <LanguageChoice />
        <div class="flex flex-wrap items-center gap-4">
          <ThemeSwitch />
          <SoundSwitch />
        </div>
      </section>
      <details class="sheet" open>
        <summary class="min-h-11 cursor-pointer text-xl font-bold">{t("Advanced settings")}</summary>
        <section class="mt-4 grid gap-4">
          <h2>{t("Third-party services")}</h2>
          <LoyaltyService />
        </section>
      </details>
    </div>
  );
}

function explained(error: unknown): never {
  if (error instanceof StillWaiting) {
    throw new Error(
      t(
        "Visits wait on this device. Let them be sent first; that needs a connection. Until then nothing is switched off, so that none is lost.",
      ),
    );
  }
  throw error;
}

function LoyaltyService() {
  const deed = useDeed();
  const leaving = useSignal(false);
  const on = store.loyalty.value;
  const isLead = store.may("tills.pair");
  const turn = (): void => void deed.run(() => switchLoyalty(!on).catch(explained));
  const leave = (): void => {
    leaving.value = false;
    void deed.run(() => unpair().catch(explained));
  };
  const { till, programme } = store.config.value ?? {};
  return (
    <div class="grid gap-4">
      <label class="flex min-h-11 cursor-pointer items-center gap-3 text-lg font-semibold">
        <input
          type="checkbox"
          role="switch"
          class="toggle-box"
          checked={on}
          disabled={deed.busy || !isLead}
          onChange={turn}
        />
        {t("Loyalty service: Passage")}
      </label>
      <p class="muted">
        {on
          ? t("On: members earn and redeem at this till.")
          : t("Off: this till sells without loyalty. Its sales are kept and sent when it is switched on again.")}
      </p>
      {!isLead && (
        <p class="muted">{t("Switching it off and disconnecting are for a manager, signed in with their PIN.")}</p>
      )}
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      {till && programme && (
        <dl class="figures">
          <Item label={t("Programme")} text={programme.name} />
          <Item label={t("Till")} text={t("{shop}, till {till}", { shop: till.shop_name, till: till.code })} />
          <Item label={t("Device")} text={t("number {count} at this till", { count: till.pairing })} />
        </dl>
      )}
      <Readiness />
      <div class="flex flex-wrap gap-3">
        {store.cutOff.value && (
          <Button tone="primary" onClick={() => (store.reconnecting.value = true)}>
            {t("Connect this device anew")}
          </Button>
        )}
        <Button disabled={deed.busy} onClick={() => void deed.run(() => refresh(true))}>
          {t("Fetch settings and products anew")}
        </Button>
        <Button tone="danger" icon="out" disabled={deed.busy || !isLead} onClick={() => (leaving.value = true)}>
          {t("Disconnect this device")}
        </Button>
      </div>
      {leaving.value && (
        <Dialog title={t("Disconnect this device?")} close={() => (leaving.value = false)}>
          <div class="grid gap-4">
            <p>
              {t(
                "It can then no longer sell for this till. To connect it again a new code or a log-in is needed. Refused while visits still wait here.",
              )}
            </p>
            <div class="flex flex-wrap gap-3">
              <Button onClick={() => (leaving.value = false)}>{t("Keep it connected")}</Button>
              <Button tone="danger" class="grow" onClick={leave}>
                {t("Disconnect")}
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function Item({ label, text }: { label: string; text: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd class="font-semibold">{text}</dd>
    </div>
  );
}

function Readiness() {
  const points = store.config.value?.readiness ?? [];
  useEffect(() => void refresh().catch(() => undefined), []);
  return (
    <section class="grid gap-2">
      <h3>{points.every((each) => each.ok) ? t("Ready to earn and redeem") : t("Still missing")}</h3>
      <ul class="grid gap-2">
        {points.map((each) => (
          <li class={`flex gap-3 ${each.ok ? "plus" : "minus"}`}>
            <Icon name={each.ok ? "check" : "warning"} />
            <span>
              <span class="sr-only">{each.ok ? t("Done:") : t("Missing:")} </span>
              {each.text}
              {!each.ok && <span class="block text-base-content">{each.remedy}</span>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
