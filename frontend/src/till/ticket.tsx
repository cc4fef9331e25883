// The ticket: lines, what rewards take off, what it comes to, and whose it is.

import { signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { money, quantity } from "./format.ts";
import { MemberButton } from "./member.tsx";
import * as orders from "./orders.ts";
import { pointsOf } from "./points.ts";
import { isSplitting } from "./split.tsx";
import * as store from "./store.ts";
import { isSeating } from "./seating.tsx";
import { awaiting, letGo } from "./loyalty.ts";
import type { Line, Order } from "./types.ts";
import { Button, Dialog, Field, Notice, Stepper } from "./ui.tsx";
import { n, t } from "./words.ts";

const touched = signal<string>("");
const isClearing = signal(false);

/** Whoever comes next finds no window of the one before. */
export function closeTicket(): void {
  touched.value = "";
  isClearing.value = false;
}

export function Ticket({ order }: { order: Order }) {
  const title = orders.titleOf(order, { table: t("Table"), order: t("Order") });
  return (
    <section class="till-ticket" aria-label={t("Ticket")}>
      <div class="flex items-center gap-2">
        <h1 class="min-w-0 grow truncate text-xl">{title}</h1>
        <Button tone="ghost" icon="table" bare onClick={() => (isSeating.value = true)}>
          {t("Table, covers and guest")}
        </Button>
        <Button
          tone="ghost"
          icon="split"
          bare
          disabled={!order.lines.length}
          onClick={() => (isSplitting.value = true)}
        >
          {t("Split the bill")}
        </Button>
        <Button tone="ghost" icon="cross" bare onClick={() => (isClearing.value = true)}>
          {t("Clear the order")}
        </Button>
      </div>
      {order.covers > 0 && <p class="muted text-sm">{n("{count} guest", "{count} guests", order.covers)}</p>}
      <MemberButton order={order} />
      <Lines order={order} />
      <div class="till-foot">
        <Totals order={order} />
        <PayButton order={order} />
      </div>
      {touched.value && order.lines.some((line) => line.id === touched.value) && (
        <LineDialog order={order} line={order.lines.find((line) => line.id === touched.value)!} />
      )}
      {isClearing.value && <ClearDialog order={order} />}
    </section>
  );
}

/** The way to the payment, with what it takes; `short` where that stands beside it. */
export function PayButton({ order, short }: { order: Order; short?: boolean }) {
  const pay = (): void => {
    store.screen.value = "pay";
  };
  return (
    <Button tone="primary" tall data-pay disabled={!order.lines.length} onClick={pay}>
      {short ? t("Pay") : t("Pay {amount}", { amount: money(orders.payableOf(order)) })}
    </Button>
  );
}

function Lines({ order }: { order: Order }) {
  const list = useRef<HTMLUListElement>(null);
  const before = useRef({ id: "", count: 0 });
  // What was rung up last is in sight, however long the order is.
  useLayoutEffect(() => {
    const [{ id, count }, now] = [before.current, { id: order.id, count: order.lines.length }];
    if (id !== now.id || now.count > count) list.current?.scrollTo(0, list.current.scrollHeight);
    before.current = now;
  }, [order.id, order.lines.length]);
  if (!order.lines.length)
    return (
      <p class="muted grow py-6 text-center">
        {t("Nothing rung up yet. Touch a product, search it, or scan its code.")}
      </p>
    );
  return (
    <ul class="till-lines" ref={list}>
      {order.lines.map((line) => (
        <TicketLine key={line.id} order={order} line={line} />
      ))}
    </ul>
  );
}

function TicketLine({ order, line }: { order: Order; line: Line }) {
  const settled = orders.settledLine(order, line.id);
  return (
    <li>
      <button type="button" class="till-line" disabled={Boolean(line.of)} onClick={() => (touched.value = line.id)}>
        <span class="num muted">{quantity(line.quantity, line.weighed)}</span>
        <span class="min-w-0">
          {line.name}
          {line.note && <span class="muted block text-sm">{line.note}</span>}
          {Boolean(settled?.discount) && (
            <span class="plus block text-sm">
              {t("Reward: {amount} off", { amount: money(settled?.discount ?? 0) })}
            </span>
          )}
        </span>
        <span class="num">{money(line.amount)}</span>
      </button>
    </li>
  );
}

/** What the ticket comes to. With rewards only the server's word counts; until it is there, that is said. */
export function Totals({ order }: { order: Order }) {
  const quote = orders.quoteOf(order);
  const earned = quote?.settlement.earned.filter((each) => each.points) ?? [];
  return (
    <dl class="till-totals" aria-live="polite">
      {quote?.settlement.rewards.map((each) => (
        <div class="plus">
          <dt>{order.held.find((held) => held.id === each.redemption)?.name}</dt>
          <dd class="num">{money(-each.value)}</dd>
        </div>
      ))}
      {order.held.length > 0 && !quote && !awaiting.value && (
        <div class="minus">
          <dt>{t("Rewards are not counted without a connection; the points are kept.")}</dt>
          <dd />
        </div>
      )}
      <div class="text-lg font-bold" data-total>
        <dt>{t("To pay")}</dt>
        <dd class="num">{money(orders.payableOf(order))}</dd>
      </div>
      {earned.map((each) => (
        <div class="muted">
          <dt>{t("This order will earn")}</dt>
          <dd class="num">{pointsOf(each.unit, each.points)}</dd>
        </div>
      ))}
    </dl>
  );
}

function LineDialog({ order, line }: { order: Order; line: Line }) {
  const note = useSignal(line.note);
  const close = (): void => {
    touched.value = "";
    if (note.value !== line.note) store.change(order.id, (each) => orders.setNote(each, line.id, note.value));
  };
  const set = (pieces: number): void =>
    store.change(order.id, (each) => orders.setQuantity(each, line.id, pieces * orders.PIECE));
  const submit = (event: Event): void => {
    event.preventDefault();
    close();
  };
  return (
    <Dialog title={line.name} close={close}>
      <form class="grid gap-5" onSubmit={submit}>
        {!line.weighed && (
          <div class="flex items-center justify-between gap-3">
            <span class="font-semibold">{t("How many")}</span>
            <Stepper label={t("How many")} value={line.quantity / orders.PIECE} least={1} change={set} />
          </div>
        )}
        <Field
          label={t("Note (printed on the ticket)")}
          maxLength={80}
          value={note.value}
          onInput={(event) => (note.value = event.currentTarget.value)}
        />
        <div class="flex flex-wrap gap-3">
          <Button
            tone="danger"
            icon="cross"
            onClick={() => {
              touched.value = "";
              set(0);
            }}
          >
            {t("Take it off the ticket")}
          </Button>
          <Button type="submit" tone="primary" class="grow">
            {t("Done")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function ClearDialog({ order }: { order: Order }) {
  const close = (): void => {
    isClearing.value = false;
  };
  const clear = (): void => {
    close();
    letGo(order.id);
    void store.dropOrder(order.id);
  };
  return (
    <Dialog title={t("Clear this order?")} close={close}>
      <div class="grid gap-4">
        {order.tenders.length > 0 && (
          <Notice tone="warning">
            {t("{amount} is paid on it: give it back.", { amount: money(orders.tenderedOf(order)) })}
          </Notice>
        )}
        <p>
          {order.held.length
            ? t("Everything on it goes, and the points held for its rewards come back to the member.")
            : t("Everything on it goes. Nothing is saved.")}
        </p>
        <div class="flex flex-wrap gap-3">
          <Button onClick={close}>{t("Keep it")}</Button>
          <Button tone="danger" class="grow" onClick={clear}>
            {t("Clear the order")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
