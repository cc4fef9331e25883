// What the till keeps on the device. What a clerk was told is saved is written with strict durability: it survives a
// power cut. An order and the sale that it becomes change hands in one transaction.

import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import type { Answer, Entry, Order } from "./types.ts";

interface Kept extends DBSchema {
  kv: { key: string; value: unknown };
  orders: { key: string; value: Order };
  journal: { key: [string, number]; value: Entry; indexes: { fate: string; id: string } };
}

const STRICT = { durability: "strict" } as const;
const WEEK = 7 * 24 * 3600 * 1000;
let opened: Promise<IDBPDatabase<Kept>> | undefined;

/** Opens, or makes, the till's own database. */
function db(): Promise<IDBPDatabase<Kept>> {
  const again = (): void => void (opened = undefined);
  opened ??= openDB<Kept>("passage-till", 1, {
    upgrade(made) {
      made.createObjectStore("kv");
      made.createObjectStore("orders", { keyPath: "id" });
      const journal = made.createObjectStore("journal", { keyPath: ["origin", "seq"] });
      journal.createIndex("fate", "fate");
      journal.createIndex("id", "id", { unique: true });
    },
    blocking: (_now, _next, event) => {
      (event.target as IDBDatabase).close();
      again();
    },
    terminated: again,
  });
  opened.catch(again);
  return opened;
}

export async function remembered<T>(key: string): Promise<T | undefined> {
  return (await (await db()).get("kv", key)) as T | undefined;
}

export async function remember(key: string, value: unknown): Promise<void> {
  const tx = (await db()).transaction("kv", "readwrite", STRICT);
  await Promise.all([tx.store.put(value, key), tx.done]);
}

export async function forget(...keys: string[]): Promise<void> {
  const tx = (await db()).transaction("kv", "readwrite", STRICT);
  await Promise.all([...keys.map((key) => tx.store.delete(key)), tx.done]);
}

export async function keptOrders(): Promise<Order[]> {
  const rows = await (await db()).getAll("orders");
  return rows.sort((a, b) => a.number - b.number);
}

/** Keeps an open order; one that was paid or dropped in another window meanwhile stays gone. */
export async function keepOrder(order: Order, isNew: boolean): Promise<boolean> {
  const tx = (await db()).transaction("orders", "readwrite", STRICT);
  const stands = isNew || (await tx.store.getKey(order.id)) !== undefined;
  if (stands) await tx.store.put(order);
  await tx.done;
  return stands;
}

/** An order and the part that was split from it, both or neither. */
export async function keepBoth(order: Order, part: Order): Promise<void> {
  const tx = (await db()).transaction("orders", "readwrite", STRICT);
  await Promise.all([tx.store.put(order), tx.store.put(part), tx.done]);
}

export async function dropOrder(id: string): Promise<void> {
  const tx = (await db()).transaction("orders", "readwrite", STRICT);
  await Promise.all([tx.store.delete(id), tx.done]);
}

/** The next of a number that counts up on this device. */
export async function nextNumber(name: string): Promise<number> {
  const tx = (await db()).transaction("kv", "readwrite", STRICT);
  const next = (((await tx.store.get(name)) as number | undefined) ?? 0) + 1;
  await Promise.all([tx.store.put(next, name), tx.done]);
  return next;
}

export type Draft = Omit<Entry, "seq" | "fate" | "answer" | "answered_at">;

/** The order was paid or dropped in another window. */
export class Gone extends Error {}

/**
 * Writes an operation down with the next number of its pairing; `finish` makes what depends on that number. With
 * `order` the open order goes in the same step, so that it is never paid twice nor lost: Gone when it is not there.
 */
export async function append(draft: Draft, finish: (seq: number) => Partial<Entry>, order?: string): Promise<Entry> {
  const tx = (await db()).transaction(["kv", "journal", "orders"], "readwrite", STRICT);
  const [orders, kv] = [tx.objectStore("orders"), tx.objectStore("kv")];
  if (order !== undefined && (await orders.getKey(order)) === undefined) {
    tx.abort();
    await tx.done.catch(() => undefined);
    throw new Gone();
  }
  const counter = `seq:${draft.origin}`;
  const seq = (((await kv.get(counter)) as number | undefined) ?? 0) + 1;
  const entry: Entry = { ...draft, seq, fate: "waiting", answer: null, answered_at: "", ...finish(seq) };
  await kv.put(seq, counter);
  await tx.objectStore("journal").add(entry);
  if (order !== undefined) await orders.delete(order);
  await tx.done;
  return entry;
}

/** The first number that the pairing goes on from: never below what the server knows already. */
export async function countFrom(origin: string, last: number): Promise<void> {
  const tx = (await db()).transaction("kv", "readwrite", STRICT);
  const known = ((await tx.store.get(`seq:${origin}`)) as number | undefined) ?? 0;
  if (last > known) await tx.store.put(last, `seq:${origin}`);
  await tx.done;
}

/** What waits, by pairing, each in order. */
export async function waitingEntries(): Promise<Map<string, Entry[]>> {
  const rows = await (await db()).getAllFromIndex("journal", "fate", "waiting");
  const found = new Map<string, Entry[]>();
  for (const entry of rows.sort((a, b) => a.seq - b.seq))
    found.set(entry.origin, [...(found.get(entry.origin) ?? []), entry]);
  return found;
}

/** What a pairing could not deliver because the server does not know it any more goes on under another one: the same
 * operations with the same receipts, numbered anew. */
export async function adopt(from: string, to: string): Promise<void> {
  const tx = (await db()).transaction(["kv", "journal"], "readwrite", STRICT);
  const [kv, journal] = [tx.objectStore("kv"), tx.objectStore("journal")];
  let seq = ((await kv.get(`seq:${to}`)) as number | undefined) ?? 0;
  const rows = await journal.getAll(IDBKeyRange.bound([from, 0], [from, Infinity]));
  for (const entry of rows.filter((each) => each.fate === "waiting")) {
    seq += 1;
    await journal.delete([from, entry.seq]);
    await journal.add({ ...entry, origin: to, seq });
  }
  await kv.put(seq, `seq:${to}`);
  await tx.done;
}

/** The clerk has read what was put aside: it no longer calls for attention here. */
export async function noteAside(): Promise<void> {
  const tx = (await db()).transaction("journal", "readwrite");
  let cursor = await tx.store.index("fate").openCursor("put_aside");
  while (cursor) {
    await cursor.update({ ...cursor.value, fate: "noted" });
    cursor = await cursor.continue();
  }
  await tx.done;
}

/** Nothing of the shop or its members stays on a device that is given back. What still waits is never among it. */
export async function empty(): Promise<void> {
  const tx = (await db()).transaction(["kv", "journal", "orders"], "readwrite", STRICT);
  await Promise.all([
    tx.objectStore("kv").clear(),
    tx.objectStore("journal").clear(),
    tx.objectStore("orders").clear(),
    tx.done,
  ]);
}

export async function countOf(fate: string): Promise<number> {
  return (await db()).countFromIndex("journal", "fate", fate);
}

export async function entryOf(id: string): Promise<Entry | undefined> {
  return (await db()).getFromIndex("journal", "id", id);
}

/** The last operations of this device, newest first. */
export async function lastEntries(most: number): Promise<Entry[]> {
  const found: Entry[] = [];
  const tx = (await db()).transaction("journal");
  let cursor = await tx.store.openCursor(null, "prev");
  while (cursor && found.length < most) {
    found.push(cursor.value);
    cursor = await cursor.continue();
  }
  return found;
}

/** Writes down what the server answered. */
export async function settle(origin: string, answers: readonly Answer[], now: string): Promise<void> {
  const tx = (await db()).transaction("journal", "readwrite", STRICT);
  for (const answer of answers) {
    const entry = await tx.store.get([origin, answer.seq]);
    if (entry && entry.id === answer.id)
      await tx.store.put({ ...entry, slip: "", approval: "", fate: answer.status, answer, answered_at: now });
  }
  await tx.done;
}

/** The server no longer has what came after `last`: it was restored from a backup. All of that waits again. */
export async function requeue(origin: string, last: number): Promise<number> {
  const tx = (await db()).transaction("journal", "readwrite", STRICT);
  let count = 0;
  let cursor = await tx.store.openCursor(IDBKeyRange.bound([origin, last + 1], [origin, Infinity]));
  while (cursor) {
    if (cursor.value.fate !== "waiting") {
      await cursor.update({ ...cursor.value, fate: "waiting" });
      count += 1;
    }
    cursor = await cursor.continue();
  }
  await tx.done;
  return count;
}

/** What is delivered may go after a week, once a verified backup of the server holds it (or after a quarter). */
export async function trim(durable: number, now: number): Promise<void> {
  const tx = (await db()).transaction("journal", "readwrite");
  let cursor = await tx.store.openCursor();
  while (cursor) {
    const { fate, answered_at, seq } = cursor.value;
    const age = fate === "waiting" ? 0 : now - Date.parse(answered_at);
    if (age > 13 * WEEK || (age > WEEK && seq <= durable)) await cursor.delete();
    cursor = await cursor.continue();
  }
  await tx.done;
}
