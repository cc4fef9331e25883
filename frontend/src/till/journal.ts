// What happened at the till: written down first, delivered in order when there is a network, by one window at a time.

import { signal } from "@preact/signals";
import * as api from "./api.ts";
import * as db from "./db.ts";
import { claimCode } from "./claim.ts";
import * as store from "./store.ts";
import { noteOf, originOf, type Answer, type Config, type Entry, type Kind, type Receipt } from "./types.ts";

const BOOT = crypto.randomUUID();
const MOST = 50;
const MOST_BYTES = 500_000;
const PATIENCE = 10_000;
const EVERY = 15_000;
const MOST_ROUNDS = 500;

interface OperationsResponse {
  results: Answer[];
  gap: { last: number } | null;
  last_seq: number;
  epoch: string;
  durable_through: number;
  server_time: string;
  revoked: boolean;
}

/** Answers as they come in, by the id of their operation. */
export const answered = signal<{ id: string; answer: Answer } | null>(null);

export interface Happening {
  /** Where the server has named it already. */
  id?: string;
  kind: Kind;
  payload: Record<string, unknown>;
  approval?: string;
  receipt?: Receipt;
  order?: string;
}

/** Writes down what happened, and says so to the uploader. When this returns, it is saved, whatever comes. */
export async function happen(what: Happening): Promise<Entry> {
  const [pairing, config] = [store.pairing.value, store.config.value];
  if (!pairing || !config) throw new Error("nothing happens at a till that is not paired");
  const id = what.id ?? crypto.randomUUID();
  const claim = what.receipt && !what.receipt.member_id ? await claimCode(config.claim_key, id) : "";
  const draft: db.Draft = {
    origin: originOf(pairing.token),
    id,
    boot: BOOT,
    mono: Math.round(performance.now()),
    wall: new Date().toISOString(),
    kind: what.kind,
    clerk: store.clerk.value?.id ?? null,
    slip: api.credentials.clerk,
    approval: what.approval ?? "",
    payload: what.payload,
    receipt: null,
  };
  const entry = await db.append(draft, (seq) => numbered(what, pairing.pairing, seq, claim), what.order);
  await store.countJournal();
  store.sayJournal();
  deliver();
  return entry;
}

/** What was done by another route is in the journal too: a server that is put back to a backup gets it again. */
async function keepDone(note: string): Promise<void> {
  if (!store.pairing.value || !store.config.value) return;
  const { id, done } = noteOf(note);
  await happen({ kind: "done", id, payload: { done } });
}

/** Sales and returns are numbered by pairing and operation: no two are ever the same. */
function numbered(what: Happening, pairing: number, seq: number, claim: string): Partial<Entry> {
  const number = `${pairing}-${seq}`;
  const receipt = what.receipt ? { ...what.receipt, number, claim } : null;
  const isNumbered = what.kind === "sale" || what.kind === "return";
  return { receipt, payload: isNumbered ? { ...what.payload, receipt: number } : what.payload };
}

let asked = false;
let running: Promise<void> | undefined;

/** Delivers what waits, now. Asked for while it runs, it looks once more afterwards. */
export function deliver(): Promise<void> {
  asked = true;
  running ??= work().finally(() => (running = undefined));
  return running;
}

async function work(): Promise<void> {
  while (asked) {
    asked = false;
    await navigator.locks.request("passage-outbox", drain);
  }
}

async function drain(): Promise<void> {
  if (!store.loyalty.value) return;
  // One pairing that cannot deliver keeps no other one from it.
  for (const origin of (await db.waitingEntries()).keys()) await drainOne(origin);
  await store.countJournal();
  store.sayJournal();
}

async function drainOne(origin: string): Promise<void> {
  for (let rounds = MOST_ROUNDS; rounds > 0; rounds -= 1) {
    const batch = batchOf((await db.waitingEntries()).get(origin) ?? []);
    if (!batch.length || !(await send(origin, batch))) return;
  }
}

function batchOf(entries: Entry[]): Entry[] {
  const batch: Entry[] = [];
  let bytes = 0;
  for (const entry of entries.slice(0, MOST)) {
    bytes += new Blob([JSON.stringify(entry.payload)]).size + 600;
    if (batch.length && bytes > MOST_BYTES) break;
    batch.push(entry);
  }
  return batch;
}

/** Whether the server answered. Whatever else comes back, nothing is known, and the same is sent again. */
async function send(origin: string, batch: Entry[]): Promise<boolean> {
  const keys = (await db.remembered<Record<string, string>>("keys")) ?? {};
  const body = {
    boot: BOOT,
    mono: Math.round(performance.now()),
    wall: new Date().toISOString(),
    operations: batch.map(operation),
  };
  try {
    const request = { body, patience: PATIENCE, token: keys[origin], asTill: true };
    const { data } = await api.call<OperationsResponse>("POST", "/till/operations", request);
    await db.settle(origin, data.results, new Date().toISOString());
    for (const answer of data.results) answered.value = { id: answer.id, answer };
    if (data.revoked && isCurrent(origin)) store.cutOff.value = true;
    const again = await db.requeue(origin, data.gap?.last ?? data.last_seq);
    return data.results.length > 0 || again > 0;
  } catch (error) {
    if (error instanceof api.Refusal && error.status === 401) disown(origin);
    if (error instanceof api.Offline || error instanceof api.Refusal) return false;
    throw error;
  }
}

function operation(entry: Entry): Record<string, unknown> {
  const { id, seq, boot, mono, wall, kind, clerk, slip, approval, payload, answer } = entry;
  return { id, seq, boot, mono, wall, kind, clerk, slip, approval, payload, was: answer?.was ?? "" };
}

/** Pairings that the server does not know at all: it was put back to before they were made, or is another one. */
export const disowned = new Set<string>();

function disown(origin: string): void {
  disowned.add(origin);
  if (isCurrent(origin)) store.cutOff.value = true;
}

function isCurrent(origin: string): boolean {
  return origin === originOf(store.pairing.value?.token ?? "");
}

/** What the server said of itself at the start, or now and then. */
export async function heed(config: Config, origin: string): Promise<void> {
  await db.countFrom(origin, config.last_seq);
  // A server that knows less than it once confirmed was restored from a backup: it gets the rest again.
  await db.requeue(origin, config.last_seq);
  await deliver();
}

export function startDelivering(): void {
  api.heard.done = keepDone;
  const later = (): void => {
    setTimeout(
      () => {
        void deliver().finally(later);
      },
      EVERY * (0.75 + Math.random() / 2),
    );
  };
  later();
  addEventListener("online", () => void deliver());
  document.addEventListener("visibilitychange", () => void deliver());
  void deliver();
  void db.trim(0, Date.now());
}
