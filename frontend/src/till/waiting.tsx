// What is not with the server yet, and what it could not count: in words, with what to do.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { link } from "./api.ts";
import { lastEntries, noteAside } from "./db.ts";
import { NotDelivered } from "./done.tsx";
import { dayAndClock, money } from "./format.ts";
import { deliver } from "./journal.ts";
import * as store from "./store.ts";
import type { Entry, Kind } from "./types.ts";
import { Button, Notice, useDeed } from "./ui.tsx";
import { n, t } from "./words.ts";

const MOST = 300;

/** Always in sight while anything waits, or while there is no connection. */
export function Banner() {
  const [count, lies] = [store.waiting.value, store.aside.value];
  if (!store.pairing.value) return null;
  const parts: string[] = [];
  if (store.cutOff.value)
    parts.push(
      t("This device was disconnected in the back office. Connect it anew under Settings; what was sold is kept."),
    );
  else if (link.value === "offline")
    parts.push(t("No connection. Selling goes on; visits are kept and sent by themselves."));
  else if (link.value === "slow") parts.push(t("The loyalty service is slow. Selling goes on without waiting for it."));
  if (count) parts.push(n("{count} visit waits on this device.", "{count} visits wait on this device.", count));
  if (lies)
    parts.push(
      n(
        "{count} visit could not be counted: it is in the back office, under Visits.",
        "{count} visits could not be counted: they are in the back office, under Visits.",
        lies,
      ),
    );
  if (!parts.length) return null;
  return (
    <div class="till-banner no-print" role="status">
      <span>{parts.join(" ")}</span>
      {(count > 0 || lies > 0) && store.screen.value !== "waiting" && (
        <button type="button" class="link font-bold" onClick={() => (store.screen.value = "waiting")}>
          {t("Show")}
        </button>
      )}
    </div>
  );
}

export function WaitingScreen() {
  const entries = useSignal<Entry[]>([]);
  const deed = useDeed();
  const load = async (): Promise<void> => {
    entries.value = (await lastEntries(MOST)).filter((each) => each.fate === "waiting" || each.fate === "put_aside");
  };
  useEffect(() => void load(), [store.waiting.value, store.aside.value]);
  const send = (): void =>
    void deed.run(async () => {
      await deliver();
      await load();
      if (store.waiting.value) throw new Error(t("Still no connection. Nothing is lost; it is tried again by itself."));
    });
  const waits = entries.value.filter((each) => each.fate === "waiting");
  const lies = entries.value.filter((each) => each.fate === "put_aside");
  return (
    <div class="till-page">
      <h1 class="text-2xl">{t("Visits not sent yet")}</h1>
      {!waits.length && <Notice tone="success">{t("Everything is sent.")}</Notice>}
      {waits.length > 0 && (
        <>
          <p>
            {t(
              "These are saved on this device, in order, and survive a restart. They are sent by themselves. If this device is lost, enter them in the back office under Visits, from the paper receipts: the same receipt never counts twice.",
            )}
          </p>
          {deed.fault && <Notice tone="warning">{deed.fault}</Notice>}
          <Button tone="primary" tall disabled={deed.busy} onClick={send}>
            {t("Send now")}
          </Button>
          <ul class="grid gap-2">
            {waits.map((entry) => (
              <Row entry={entry} />
            ))}
          </ul>
        </>
      )}
      {lies.length > 0 && (
        <section class="grid gap-3">
          <div class="flex flex-wrap items-center justify-between gap-3">
            <h2>{t("Not counted")}</h2>
            <Button icon="check" onClick={() => void noteAside().then(store.countJournal)}>
              {t("Noted")}
            </Button>
          </div>
          {lies.map((entry) => (
            <div class="grid gap-2">
              <Row entry={entry} />
              {entry.answer && <NotDelivered entry={entry} answer={entry.answer} />}
            </div>
          ))}
        </section>
      )}
    </div>
  );
}

function kinds(): Record<Kind, string> {
  return {
    sale: t("Sale"),
    return: t("Return"),
    void: t("Void"),
    undo: t("Undo"),
    move: t("Change of member"),
    done: t("Member or reward"),
  };
}

function Row({ entry }: { entry: Entry }) {
  return (
    <div class="tile tile-row">
      <span>
        <span class="tile-name block">{[kinds()[entry.kind], entry.receipt?.number].filter(Boolean).join(" ")}</span>
        <span class="muted text-sm">
          {[dayAndClock(entry.wall), entry.receipt?.member].filter(Boolean).join(" · ")}
        </span>
      </span>
      {entry.receipt && <span class="num font-bold">{money(entry.receipt.payable)}</span>}
    </div>
  );
}
