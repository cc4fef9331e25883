// Earlier sales: printed again, undone, returned by line, voided, or given to the right member.

import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as api from "./api.ts";
import { lastEntries } from "./db.ts";
import { dayAndClock, money } from "./format.ts";
import { GiveBack } from "./giveback.tsx";
import { Paper } from "./receipt.tsx";
import * as store from "./store.ts";
import type { Entry } from "./types.ts";
import { Button, Dialog, Field, Notice, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

/** An earlier sale as the server tells it. */
export interface Earlier {
  id: string;
  receipt: string;
  occurred_at: string;
  total: number;
  paid: number;
  member: string;
  lines: { id: string; name: string; amount: number; quantity: number; measured: boolean; left: number }[];
  returned: boolean;
  voided: boolean;
}

const opened = signal<Earlier | null>(null);
const paper = signal<Entry | null>(null);
const MOST = 30;

export function HistoryScreen() {
  const [text, sales, mine] = [useSignal(""), useSignal<Earlier[]>([]), useSignal<Entry[]>([])];
  const deed = useDeed();
  const load = (): void => {
    void lastEntries(MOST).then((rows) => (mine.value = rows.filter((each) => each.receipt)));
    void deed.run(async () => {
      sales.value = (
        await api.call<{ sales: Earlier[] }>("GET", `/till/sales${queryOf(text.value)}`, { patience: 6_000 })
      ).data.sales;
    });
  };
  useEffect(load, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    load();
  };
  return (
    <div class="till-page">
      <h1 class="text-2xl">{t("Earlier sales")}</h1>
      <form class="flex flex-wrap items-end gap-2" onSubmit={submit} role="search">
        <div class="min-w-56 grow">
          <Field
            label={t("Receipt number, or the code printed on it")}
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </div>
        <Button type="submit" tone="primary" tall icon="search" disabled={deed.busy}>
          {t("Search")}
        </Button>
      </form>
      <div aria-live="polite" class="grid gap-3">
        {deed.busy && <p class="muted">{t("Looking…")}</p>}
        {deed.fault && <Notice tone="warning">{deed.fault}</Notice>}
        {!deed.busy && !deed.fault && !sales.value.length && (
          <Notice>{t("No sale was found. Check the number, or leave it empty for the last ones.")}</Notice>
        )}
        <ul class="grid gap-2">
          {sales.value.map((sale) => (
            <li>
              <button type="button" class="tile tile-row" onClick={() => (opened.value = sale)}>
                <span>
                  <span class="tile-name block">{t("Receipt {number}", { number: sale.receipt || "–" })}</span>
                  <span class="muted text-sm">
                    {[dayAndClock(sale.occurred_at), sale.member].filter(Boolean).join(" · ")}
                  </span>
                </span>
                <span class="text-right">
                  <span class="num block font-bold">{money(sale.paid)}</span>
                  <Standing sale={sale} />
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {deed.fault && <OnThisDevice entries={mine.value} />}
      {opened.value && (
        <GiveBack
          sale={opened.value}
          entry={mine.value.find((each) => each.receipt?.number === opened.value?.receipt)}
          print={(entry) => (paper.value = entry)}
          close={() => {
            opened.value = null;
            load();
          }}
        />
      )}
      {paper.value?.receipt && (
        <Dialog title={t("Receipt")} close={() => (paper.value = null)}>
          <Paper receipt={paper.value.receipt} answer={paper.value.answer} />
          <Button tone="primary" tall class="mt-4 w-full" icon="print" onClick={() => print()}>
            {t("Print the receipt")}
          </Button>
        </Dialog>
      )}
    </div>
  );
}

/** A number has a dash or is short; a claim code is ten letters and digits. */
function queryOf(text: string): string {
  const typed = text.trim();
  if (!typed) return "";
  const isCode = /^[0-9A-Z]{10}$/i.test(typed.replace("-", ""));
  return isCode ? `?code=${encodeURIComponent(typed)}` : `?receipt=${encodeURIComponent(typed)}`;
}

function Standing({ sale }: { sale: Earlier }) {
  if (sale.voided) return <span class="tag">{t("voided")}</span>;
  return sale.returned ? <span class="tag">{t("partly returned")}</span> : null;
}

function OnThisDevice({ entries }: { entries: Entry[] }) {
  if (!entries.length) return null;
  return (
    <section class="grid gap-2">
      <h2>{t("On this device")}</h2>
      <p class="muted">{t("Without a connection receipts can be printed again; returns wait until it is back.")}</p>
      <ul class="grid gap-2">
        {entries.map((entry) => (
          <li>
            <button type="button" class="tile tile-row" onClick={() => (paper.value = entry)}>
              <span>{t("Receipt {number}", { number: entry.receipt?.number ?? "" })}</span>
              <span class="num font-bold">{money(entry.receipt?.payable ?? 0)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const isMine = (sale: Earlier, entry: Entry | undefined): boolean => {
  const minutes = store.config.value?.settings.undo_minutes ?? 0;
  return entry?.clerk === store.clerk.value?.id && Date.now() - Date.parse(sale.occurred_at) < minutes * 60_000;
};
