// The payment page: what is due, how it is paid, and the loyalty button once more.

import { useSignal } from "@preact/signals";
import { money, parseAmount } from "./format.ts";
import { complete } from "./checkout.ts";
import { awaiting } from "./loyalty.ts";
import { MemberButton } from "./member.tsx";
import * as orders from "./orders.ts";
import * as store from "./store.ts";
import type { Order, TenderKind } from "./types.ts";
import { Totals } from "./ticket.tsx";
import { Button, Field, Notice, useDeed } from "./ui.tsx";
import { pt, t } from "./words.ts";

const STEPS = [500, 1000, 2000, 5000, 10_000, 20_000];
const KINDS: readonly TenderKind[] = ["cash", "card", "gift_card", "other"];

export function tenderNames(): Record<TenderKind, string> {
  return { cash: t("Cash"), card: pt("payment", "Card"), gift_card: t("Gift card"), other: t("Other") };
}

export function PayScreen({ order }: { order: Order }) {
  const deed = useDeed();
  const left = orders.leftOf(order);
  const share = orders.shareOf(order);
  const finish = (paid: Order): void => void deed.run(() => complete(paid));
  const pay = (kind: TenderKind, amount: number): void => {
    // Of several who share a bill each gets their own change: a large note pays one part and no other.
    const due = order.people > 1 ? share : left;
    if (kind === "cash" && order.people > 1 && amount > due)
      store.tell(t("Change due: {amount}", { amount: money(amount - due) }), "success");
    const most = kind === "cash" && order.people > 1 ? due : orders.mostOf(order, kind);
    const paid = orders.addTender(order, kind, Math.min(amount, most));
    store.change(order.id, () => paid);
    if (orders.leftOf(paid) <= 0) finish(paid);
  };
  const title = orders.titleOf(order, { table: t("Table"), order: t("Order") });
  return (
    <div class="till-pay">
      <section class="grid content-start gap-4" aria-label={t("Bill")}>
        <div class="flex items-center gap-2">
          <Button tone="ghost" icon="back" onClick={() => (store.screen.value = "sell")}>
            {t("Back to the order")}
          </Button>
          <h1 class="min-w-0 grow truncate text-right text-xl">{title}</h1>
        </div>
        <MemberButton order={order} tall />
        <div class="sheet">
          <Totals order={order} />
          <Tenders order={order} />
        </div>
        <Tip order={order} />
      </section>
      <section class="grid content-start gap-4" aria-label={t("Payment")}>
        <p class="text-center" aria-live="polite">
          <span class="muted block">
            {order.people > 1 ? t("This part of {people}", { people: order.people }) : t("Left to pay")}
          </span>
          <span class="figure figure-huge num" data-left>
            {money(order.people > 1 ? share : left)}
          </span>
        </p>
        {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
        {awaiting.value && <p class="muted text-center">{t("Working the rewards out…")}</p>}
        {left < 0 && orders.bookedTenders(order).change < -left && (
          <Notice tone="warning">
            {t("{amount} too much was paid: take a payment back and take it anew.", { amount: money(-left) })}
          </Notice>
        )}
        {left <= 0 ? (
          <Button tone="primary" tall data-finish disabled={deed.busy || awaiting.value} onClick={() => finish(order)}>
            {t("Finish: nothing left to pay")}
          </Button>
        ) : (
          <Payment order={order} share={share} pay={pay} busy={deed.busy || awaiting.value} />
        )}
      </section>
    </div>
  );
}

function Payment({
  order,
  share,
  pay,
  busy,
}: {
  order: Order;
  share: number;
  pay: (kind: TenderKind, amount: number) => void;
  busy: boolean;
}) {
  const [text, fault] = [useSignal(""), useSignal("")];
  const typed = text.value.trim() ? parseAmount(text.value) : share;
  const take = (kind: TenderKind): void => {
    if (!typed) {
      fault.value = t("Type an amount, such as 12.50.");
      return;
    }
    fault.value = "";
    text.value = "";
    pay(kind, typed);
  };
  const quick = [...new Set(STEPS.map((step) => Math.ceil(share / step) * step))]
    .filter((each) => each > share)
    .slice(0, 4);
  return (
    <div class="grid gap-4">
      <div class="grid grid-cols-2 gap-2">
        {KINDS.map((kind) => (
          <Button
            tall
            tone={kind === "cash" || kind === "card" ? "primary" : "plain"}
            disabled={busy}
            onClick={() => take(kind)}
            data-tender={kind}
          >
            {tenderNames()[kind]}
          </Button>
        ))}
      </div>
      {quick.length > 0 && (
        <div class="grid gap-1">
          <p class="muted text-sm">{t("Cash given")}</p>
          <div class="flex flex-wrap gap-2">
            {quick.map((each) => (
              <Button disabled={busy} onClick={() => pay("cash", each)}>
                {money(each)}
              </Button>
            ))}
          </div>
        </div>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          take("cash");
        }}
      >
        <Field
          label={t("Another amount, then how it is paid")}
          hint={t("For a part of the bill, or for cash that is not listed above.")}
          inputMode="decimal"
          fault={fault.value}
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </form>
    </div>
  );
}

function Tenders({ order }: { order: Order }) {
  if (!order.tenders.length) return null;
  const take = (place: number): void =>
    store.change(order.id, (each) => ({ ...each, tenders: each.tenders.filter((_, at) => at !== place) }));
  return (
    <ul class="mt-3 grid gap-1 border-t border-base-300 pt-2">
      {order.tenders.map((tender, place) => (
        <li class="flex items-center justify-between gap-2">
          <span>{tenderNames()[tender.kind]}</span>
          <span class="flex items-center gap-2">
            <span class="num">{money(tender.amount)}</span>
            <Button tone="ghost" icon="cross" bare onClick={() => take(place)}>
              {t("Take this payment back")}
            </Button>
          </span>
        </li>
      ))}
    </ul>
  );
}

function Tip({ order }: { order: Order }) {
  const [text, open] = [useSignal(""), useSignal(false)];
  const tip = order.lines.find((line) => line.kind === "tip");
  const submit = (event: Event): void => {
    event.preventDefault();
    const amount = parseAmount(text.value);
    open.value = false;
    store.change(order.id, (each) => {
      if (amount) return orders.addAmount(each, { name: t("Tip"), amount, kind: "tip", vat_bp: null });
      return tip ? orders.setQuantity(each, tip.id, 0) : each;
    });
  };
  if (!open.value) {
    return (
      <Button class="justify-self-start" icon="plus" onClick={() => (open.value = true)}>
        {tip ? t("Tip: {amount}", { amount: money(tip.amount) }) : t("Add a tip")}
      </Button>
    );
  }
  return (
    <form class="flex items-end gap-2" onSubmit={submit}>
      <div class="grow">
        <Field
          label={t("Tip")}
          inputMode="decimal"
          autofocus
          value={text.value}
          onInput={(event) => (text.value = event.currentTarget.value)}
        />
      </div>
      <Button type="submit" tone="primary" tall>
        {t("Done")}
      </Button>
    </form>
  );
}
