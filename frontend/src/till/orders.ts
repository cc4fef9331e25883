// Orders: what is rung up, by whom, for whom and how it is paid. Plain functions; nothing here speaks to anybody.

import { priceOf, split } from "./money.ts";
import type { Held, Line, Order, Product, Quote, SettledLine, Tender, TenderKind } from "./types.ts";

export const PIECE = 1000;
export const MOST_LINES = 1000;
export const MOST_PIECES = 9999;
const MOST_AMOUNT = 10 ** 9;

export function newOrder(number: number, now: string): Order {
  return {
    id: crypto.randomUUID(),
    number,
    opened_at: now,
    table: "",
    covers: 0,
    guest: { reference: "", email: "" },
    member: null,
    matched_by: "",
    unmatched: false,
    lines: [],
    tenders: [],
    held: [],
    part_of: "",
    people: 1,
    quote: null,
    quoted: "",
  };
}

export function isEmpty(order: Order): boolean {
  return (
    !order.lines.length &&
    !order.member &&
    !order.table &&
    !order.covers &&
    !order.guest.reference &&
    !order.guest.email
  );
}

/** Adds a product: to the line that has it already, if it is counted in pieces and carries no note. `deposit` is the
 * name of the line for what is charged on its bottle. */
export function addProduct(
  order: Order,
  product: Product,
  quantity: number = PIECE,
  deposit: string = product.name,
): Order {
  const same = order.lines.find(
    (line) => line.product === product.code && !line.weighed && !line.note && line.price === product.price,
  );
  if (same && !product.weighed) return setQuantity(order, same.id, same.quantity + quantity);
  const line = lineOf(product, quantity, nextId(order));
  const lines = [...order.lines, line];
  if (product.deposit) lines.push(depositOf(product, line, deposit));
  return within(order, lines);
}

function nextId(order: Order): string {
  return String(order.lines.reduce((most, line) => Math.max(most, parseInt(line.id, 10) || 0), 0) + 1);
}

function lineOf(product: Product, quantity: number, id: string): Line {
  const { code, name, category, kind, price, vat_bp, weighed } = product;
  const amount = priceOf(price, quantity);
  return { id, product: code, name, category, kind, price, quantity, amount, vat_bp, weighed, note: "", of: "" };
}

function depositOf(product: Product, line: Line, name: string): Line {
  const amount = priceOf(product.deposit, line.quantity);
  return {
    ...line,
    id: `${line.id}d`,
    product: "",
    name,
    kind: "deposit",
    price: product.deposit,
    amount,
    vat_bp: null,
    of: line.id,
  };
}

/** A line of its own for an amount: goods that have no button, or a tip. */
export function addAmount(
  order: Order,
  line: { name: string; amount: number; kind: string; vat_bp: number | null },
): Order {
  const id = nextId(order);
  const { name, amount, kind, vat_bp } = line;
  return within(order, [
    ...order.lines.filter((each) => kind !== "tip" || each.kind !== "tip"),
    {
      id,
      product: "",
      name,
      category: "",
      kind,
      price: amount,
      quantity: PIECE,
      amount,
      vat_bp,
      weighed: false,
      note: "",
      of: "",
    },
  ]);
}

/** Of 0 the line is gone, and its deposit with it. */
export function setQuantity(order: Order, id: string, quantity: number): Order {
  if (quantity <= 0)
    return within(
      order,
      order.lines.filter((line) => line.id !== id && line.of !== id),
    );
  const kept = Math.min(quantity, MOST_PIECES * PIECE);
  return within(
    order,
    order.lines.map((line) =>
      line.id === id || line.of === id ? { ...line, quantity: kept, amount: priceOf(line.price, kept) } : line,
    ),
  );
}

export function setNote(order: Order, id: string, note: string): Order {
  return {
    ...order,
    lines: order.lines.map((line) => (line.id === id ? { ...line, note: note.trim().slice(0, 80) } : line)),
  };
}

function within(order: Order, lines: Line[]): Order {
  if (lines.length > MOST_LINES || lines.reduce((sum, line) => sum + line.amount, 0) > MOST_AMOUNT) return order;
  return { ...order, lines };
}

export function totalOf(order: Order): number {
  return order.lines.reduce((sum, line) => sum + line.amount, 0);
}

/** Which state of the order a quote is about: goods, member, rewards. */
export function stateOf(order: Order): string {
  const lines = order.lines.map((line) => `${line.id}:${line.product}:${line.quantity}:${line.amount}`);
  return [order.member?.id ?? "", order.covers, ...lines, ...order.held.map((held) => held.id)].join("|");
}

/** The server's word on the order as it is now; null when it has changed since. */
export function quoteOf(order: Order): Quote | null {
  return order.quote && order.quoted === stateOf(order) ? order.quote : null;
}

/** The rewards that count: without a quote for this very order nobody knows what they are worth. */
export function countedRewards(order: Order): Held[] {
  const quote = quoteOf(order);
  if (!quote) return [];
  const applied = new Set(quote.settlement.rewards.map((each) => each.redemption));
  return order.held.filter((held) => applied.has(held.id));
}

/** What is left to pay in money before tenders. */
export function payableOf(order: Order): number {
  const quote = order.held.length ? quoteOf(order) : null;
  return quote ? quote.settlement.payable : totalOf(order);
}

export function tenderedOf(order: Order): number {
  return order.tenders.reduce((sum, tender) => sum + tender.amount, 0);
}

export function leftOf(order: Order): number {
  return payableOf(order) - tenderedOf(order);
}

/** What one of the guests pays who share the bill in equal parts: the next of the parts that is not paid yet. */
export function shareOf(order: Order): number {
  const left = leftOf(order);
  if (order.people < 2 || left <= 0) return Math.max(left, 0);
  const parts = split(
    payableOf(order),
    Array.from({ length: order.people }, () => 1),
  );
  let paid = tenderedOf(order);
  for (const part of parts) {
    if (paid < part) return part - paid;
    paid -= part;
  }
  return left;
}

export function addTender(order: Order, kind: TenderKind, amount: number): Order {
  return amount > 0 ? { ...order, tenders: [...order.tenders, { kind, amount }] } : order;
}

/** Tenders as they are booked, one of each kind: the change comes off the cash, and no more than there was. */
export function bookedTenders(order: Order): { tenders: Tender[]; change: number } {
  const sums = new Map<TenderKind, number>();
  for (const { kind, amount } of order.tenders) sums.set(kind, (sums.get(kind) ?? 0) + amount);
  const cash = sums.get("cash") ?? 0;
  const change = Math.min(Math.max(tenderedOf(order) - payableOf(order), 0), cash);
  sums.set("cash", cash - change);
  const tenders = [...sums].map(([kind, amount]) => ({ kind, amount }));
  return { tenders: tenders.filter((tender) => tender.amount > 0), change };
}

/** Only cash gives change: of anything else no more than what is left can be taken. */
export function mostOf(order: Order, kind: TenderKind): number {
  return kind === "cash" ? MOST_AMOUNT : Math.max(leftOf(order), 0);
}

/** Moves lines, or some pieces of them, into an order of their own; both keep table and guests' number as they were. */
export function splitLines(order: Order, taken: Map<string, number>, part: Order): [Order, Order] {
  let rest: Order = order;
  const lines: Line[] = [];
  for (const line of order.lines.filter((each) => !each.of)) {
    const quantity = Math.min(taken.get(line.id) ?? 0, line.quantity);
    if (quantity <= 0) continue;
    const moved = [line, ...order.lines.filter((each) => each.of === line.id)];
    lines.push(...moved.map((each) => ({ ...each, quantity, amount: priceOf(each.price, quantity) })));
    rest = setQuantity(rest, line.id, line.quantity - quantity);
  }
  const { table, covers } = order;
  return [
    { ...rest, people: 1 },
    { ...part, table, covers, lines, part_of: order.part_of || order.id },
  ];
}

/** The name an order goes by among the others. */
export function titleOf(order: Order, words: { table: string; order: string }): string {
  if (order.table) return `${words.table} ${order.table}`;
  return order.member?.name || order.guest.reference || `${words.order} ${order.number}`;
}

export function settledLine(order: Order, id: string): SettledLine | undefined {
  return quoteOf(order)?.settlement.lines.find((line) => line.id === id);
}

/** The body of a quote, and the greater part of a sale. */
export function basketOf(order: Order, currency: string): Record<string, unknown> {
  return {
    currency,
    lines: order.lines.map((line) => ({
      id: line.id,
      amount: line.amount,
      quantity: quantityText(line.quantity, line.weighed),
      product: line.product,
      name: line.name.slice(0, 80),
      categories: line.category ? [line.category] : [],
      kind: line.kind,
      vat_bp: line.vat_bp,
    })),
    covers: order.covers,
    member: order.member ? { id: order.member.id } : null,
  };
}

/** Thousandths as the API reads them: three pieces are 3, what is measured has decimals, "0.345" and "2.000". */
export function quantityText(quantity: number, measured: boolean): number | string {
  if (!measured && quantity % PIECE === 0) return quantity / PIECE;
  return `${Math.floor(quantity / PIECE)}.${String(quantity % PIECE).padStart(3, "0")}`;
}

/** A paid order as the operation that tells it. */
export function saleOf(order: Order, more: { currency: string; clerk: string }): Record<string, unknown> {
  return {
    ...basketOf(order, more.currency),
    tenders: bookedTenders(order).tenders,
    redemptions: countedRewards(order).map((held) => held.id),
    order: order.part_of || order.id,
    table: order.table,
    guest: order.guest.reference || order.guest.email,
    matched_by: order.member ? order.matched_by : "",
    clerk_name: more.clerk,
    quote_id: quoteOf(order)?.quote_id ?? "",
  };
}
