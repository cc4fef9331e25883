// What the screens show. Every change of an order is kept on the device at once.

import { computed, signal } from "@preact/signals";
import * as db from "./db.ts";
import { isEmpty, newOrder } from "./orders.ts";
import type { Account, Clerk, Config, Entry, Order, Pairing, Product, Receipt } from "./types.ts";

export interface Session extends Clerk {
  token: string;
  rights: string[];
  until: string;
}

export type Screen = "sell" | "pay" | "done" | "history" | "waiting" | "settings";
export interface Done {
  entry: Entry;
  receipt: Receipt;
  accounts: Account[];
}
export interface Toast {
  text: string;
  tone: "info" | "success" | "warning" | "error";
  undo?: () => void;
}

export const ready = signal(false);
export const pairing = signal<Pairing | null>(null);
export const config = signal<Config | null>(null);
export const products = signal<Product[]>([]);
export const clerk = signal<Session | null>(null);
export const orders = signal<Order[]>([]);
export const currentId = signal("");
export const screen = signal<Screen>("sell");
/** On a phone goods and ticket take turns. */
export const showsTicket = signal(false);
export const done = signal<Done | null>(null);
export const waiting = signal(0);
export const aside = signal(0);
export const loyalty = signal(true);
/** The key of this device opens nothing any more: revoked, or paired with another device. */
export const cutOff = signal(false);
/** The clerk asked to connect this device anew. */
export const reconnecting = signal(false);
export const toast = signal<Toast | null>(null);

export const current = computed(() => orders.value.find((order) => order.id === currentId.value) ?? null);
export const currency = computed(() => config.value?.programme.currency ?? "EUR");
export const may = (right: string): boolean => clerk.value?.rights.includes(right) ?? false;

const windows = new BroadcastChannel("passage-till");

export function tell(what: Toast["text"], tone: Toast["tone"] = "info", undo?: () => void): void {
  const said: Toast = { text: what, tone, undo };
  toast.value = said;
  setTimeout(() => toast.peek() === said && (toast.value = null), undo ? 15_000 : 8_000);
}

let opening: Promise<Order> | undefined;

/** Opens an order and goes to it. An empty one that is there already will do. */
export function openOrder(): Promise<Order> {
  opening ??= open().finally(() => (opening = undefined));
  return opening;
}

async function open(): Promise<Order> {
  const spare = orders.value.find(isEmpty);
  const order = spare ?? newOrder(await db.nextNumber("orders"), new Date().toISOString());
  if (!spare) {
    orders.value = [...orders.value, order];
    await db.keepOrder(order, true);
    windows.postMessage("orders");
  }
  currentId.value = order.id;
  showsTicket.value = false;
  return order;
}

/** Changes the order on the screen. Where it is only being opened the change waits for it: no tap and no scan is lost. */
export function changeCurrent(how: (order: Order) => Order): void {
  const order = current.peek();
  if (order) change(order.id, how);
  else
    void openOrder().then(
      (opened) => change(opened.id, how),
      () => failed.toKeep(),
    );
}

export function change(id: string, how: (order: Order) => Order): void {
  const before = orders.value.find((order) => order.id === id);
  if (!before) return;
  const after = how(before);
  if (after === before) return;
  orders.value = orders.value.map((order) => (order.id === id ? after : order));
  unsaved += 1;
  void keep(after);
}

let chain = Promise.resolve();
/** Changes that are on the screen and not yet on the device. */
let unsaved = 0;
/** Set by whoever can say it in words: a change could not be written to the device. */
export const failed = { toKeep: () => undefined as void };

function inTurn(work: () => Promise<void>): Promise<void> {
  chain = chain.then(work).catch(() => failed.toKeep());
  return chain;
}

function keep(order: Order): Promise<void> {
  return inTurn(async () => {
    const stands = await db.keepOrder(order, false).finally(() => (unsaved -= 1));
    if (!stands) await load();
    else windows.postMessage("orders");
  });
}

/** Waits until every change of an order is on the device. */
export const kept = (): Promise<void> => chain;

export const reloadOrders = (): Promise<void> => inTurn(load);

/** The orders as the device has them. An order that somebody was paying and that is gone is not replaced by another. */
async function load(): Promise<void> {
  const before = orders.value;
  const found = await db.keptOrders();
  // Changed meanwhile, or before this turn and not written yet: look once more.
  if (orders.value !== before || unsaved) return void setTimeout(() => void reloadOrders());
  orders.value = found;
  if (current.value) return;
  currentId.value = found[0]?.id ?? "";
  if (screen.value === "pay") screen.value = "sell";
}

/** Splits an order in two, on the screen and on the device, both or neither. */
export async function splitInto(rest: Order, part: Order): Promise<void> {
  await chain;
  await db.keepBoth(rest, part);
  orders.value = [...orders.value.map((order) => (order.id === rest.id ? rest : order)), part];
  currentId.value = part.id;
  windows.postMessage("orders");
}

export function removeOrder(id: string): void {
  orders.value = orders.value.filter((order) => order.id !== id);
  if (currentId.value === id) currentId.value = orders.value.at(-1)?.id ?? "";
}

export async function dropOrder(id: string): Promise<void> {
  removeOrder(id);
  await db.dropOrder(id);
  windows.postMessage("orders");
  if (!current.value) await openOrder();
}

export async function countJournal(): Promise<void> {
  const [waits, lies] = await Promise.all([db.countOf("waiting"), db.countOf("put_aside")]);
  waiting.value = waits;
  aside.value = lies;
}

export const sayJournal = (): void => windows.postMessage("journal");
export const sayOrders = (): void => windows.postMessage("orders");
export const sayPairing = (): void => windows.postMessage("pairing");

windows.addEventListener("message", ({ data }) => {
  if (data === "orders") void reloadOrders();
  if (data === "pairing") location.reload();
  if (data === "journal") void countJournal();
});
