// From the payment key to the paper: the sale is written down on the device, and the order is gone in the same step.

import { Gone } from "./db.ts";
import { happen } from "./journal.ts";
import { release } from "./loyalty.ts";
import { taxByRate } from "./money.ts";
import * as orders from "./orders.ts";
import * as store from "./store.ts";
import type { Order, Receipt } from "./types.ts";
import { t } from "./words.ts";

/** The paid order as a receipt; number and claim code are added as it is written down. */
export function receiptOf(order: Order): Receipt {
  const config = store.config.value;
  const quote = order.held.length ? orders.quoteOf(order) : null;
  const booked = orders.bookedTenders(order);
  const taxes = [...taxByRate(order.lines)].map(([rate, tax]) => [String(rate), tax]);
  return {
    number: "",
    at: new Date().toISOString(),
    programme: config?.programme.name ?? "",
    shop: config?.till.shop_name ?? "",
    city: config?.till.city ?? "",
    clerk: store.clerk.value?.name ?? "",
    table: order.table,
    currency: store.currency.value,
    lines: order.lines.map((line) => ({
      name: line.name,
      quantity: line.quantity,
      weighed: line.weighed,
      amount: line.amount,
      discount: orders.settledLine(order, line.id)?.discount ?? 0,
      note: line.note,
    })),
    total: orders.totalOf(order),
    rewards: (quote?.settlement.rewards ?? []).map(({ redemption, value, settlement }) => ({
      name: order.held.find((held) => held.id === redemption)?.name ?? "",
      value,
      tender: settlement === "tender",
    })),
    vat: quote ? quote.settlement.vat : (Object.fromEntries(taxes) as Record<string, number>),
    payable: orders.payableOf(order),
    tenders: booked.tenders,
    change: booked.change,
    member: order.member?.name ?? "",
    member_id: order.member?.id ?? "",
    claim: "",
  };
}

/** Saves the sale and shows it. An order that was paid in another window meanwhile is not paid again. */
export async function complete(order: Order): Promise<void> {
  await store.kept();
  const receipt = receiptOf(order);
  const payload = orders.saleOf(order, { currency: store.currency.value, clerk: store.clerk.value?.name ?? "" });
  try {
    const entry = await happen({ kind: "sale", payload, receipt, order: order.id });
    const accounts = order.member?.accounts ?? [];
    store.done.value = { entry, receipt: entry.receipt ?? receipt, accounts };
    store.screen.value = "done";
    store.removeOrder(order.id);
    store.sayOrders();
    const counted = new Set(orders.countedRewards(order));
    for (const held of order.held) if (!counted.has(held)) void release(held);
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
    await store.reloadOrders();
    store.screen.value = "sell";
    store.tell(t("This order was paid or dropped in another window. Nothing was saved twice."), "warning");
  }
}
