// One table, several bills: by goods into orders of their own, or in equal parts of one bill.

import { signal, useSignal } from "@preact/signals";
import { money } from "./format.ts";
import { nextNumber } from "./db.ts";
import * as orders from "./orders.ts";
import * as store from "./store.ts";
import { letGo } from "./loyalty.ts";
import type { Line, Order } from "./types.ts";
import { Button, Dialog, Notice, Stepper, useDeed } from "./ui.tsx";
import { t } from "./words.ts";

export const isSplitting = signal(false);
const MOST_PEOPLE = 50;

export function SplitDialog({ order }: { order: Order }) {
  const close = (): void => {
    isSplitting.value = false;
  };
  const setPeople = (people: number): void => store.change(order.id, (each) => ({ ...each, people }));
  return (
    <Dialog title={t("Split the bill")} close={close} wide>
      <div class="grid gap-6">
        <section class="grid gap-3">
          <h3>{t("In equal parts")}</h3>
          <div class="flex flex-wrap items-center justify-between gap-3">
            <span>{t("Between how many")}</span>
            <Stepper
              label={t("Between how many")}
              value={order.people}
              least={1}
              most={MOST_PEOPLE}
              change={setPeople}
            />
          </div>
          {order.people > 1 && (
            <p class="muted">
              {t("Each pays {amount}; the payment page asks for the parts one after the other.", {
                amount: money(orders.shareOf(order)),
              })}
            </p>
          )}
          <Button
            tone="primary"
            onClick={() => {
              close();
              store.screen.value = "pay";
            }}
          >
            {t("Go to the payment")}
          </Button>
        </section>
        <ByGoods order={order} close={close} />
      </div>
    </Dialog>
  );
}

function ByGoods({ order, close }: { order: Order; close: () => void }) {
  const taken = useSignal(new Map<string, number>());
  const deed = useDeed();
  const lines = order.lines.filter((line) => !line.of);
  const take = (line: Line, quantity: number): void => {
    taken.value = new Map(taken.value).set(line.id, quantity);
  };
  const total = [...taken.value.values()].reduce((sum, each) => sum + each, 0);
  const isAll = total >= lines.reduce((sum, line) => sum + line.quantity, 0);
  const part = (): void =>
    void deed.run(async () => {
      letGo(order.id);
      const fresh = orders.newOrder(await nextNumber("orders"), new Date().toISOString());
      const now = store.orders.value.find((each) => each.id === order.id);
      if (!now) return close();
      await store.splitInto(...orders.splitLines({ ...now, held: [] }, taken.value, fresh));
      close();
    });
  return (
    <section class="grid gap-3">
      <h3>{t("By what each one had")}</h3>
      <p class="muted">{t("Choose what goes onto a bill of its own. Each bill can have its own member.")}</p>
      <ul class="grid gap-2">
        {lines.map((line) => (
          <li class="flex flex-wrap items-center justify-between gap-2 border-b border-base-300 pb-2">
            <span class="min-w-0">{line.name}</span>
            {line.weighed || line.quantity % orders.PIECE || line.quantity === orders.PIECE ? (
              <label class="flex min-h-11 items-center gap-2">
                <input
                  type="checkbox"
                  class="toggle-box"
                  checked={Boolean(taken.value.get(line.id))}
                  onChange={(event) => take(line, event.currentTarget.checked ? line.quantity : 0)}
                />
                <span class="num">{money(line.amount)}</span>
                <span class="sr-only">{line.name}</span>
              </label>
            ) : (
              <Stepper
                label={line.name}
                value={(taken.value.get(line.id) ?? 0) / orders.PIECE}
                most={line.quantity / orders.PIECE}
                change={(to) => take(line, to * orders.PIECE)}
              />
            )}
          </li>
        ))}
      </ul>
      {order.tenders.length > 0 && (
        <Notice tone="warning">{t("A part is paid already. Take the payments back first, then split.")}</Notice>
      )}
      {deed.fault && <Notice tone="error">{deed.fault}</Notice>}
      <Button tone="primary" disabled={!total || isAll || deed.busy || order.tenders.length > 0} onClick={part}>
        {t("Make a bill of its own")}
      </Button>
    </section>
  );
}
