// The device: paired with a till, told what it needs, worked at by clerks who sign in by PIN.

import * as api from "./api.ts";
import * as db from "./db.ts";
import { deliver, disowned, heed } from "./journal.ts";
import { setFormats } from "./format.ts";
import * as store from "./store.ts";
import { originOf, type Config, type Pairing, type Product } from "./types.ts";
import { speak, t } from "./words.ts";

const EVERY = 5 * 60_000;
const ROUNDS = 300_000;
const OFFLINE_TRIES = 5;
const PAIR_PATIENCE = 15_000;

interface Paired {
  token: string;
  till: Omit<Pairing, "token"> | null;
  programme: string;
  choose: { shop: string; shop_name: string; till: string; paired: boolean }[];
}

export type Choice = Paired["choose"][number];
/** What still waits on this device belongs to the pairing before: it goes first. */
export class StillWaiting extends Error {}

/** Everything kept on the device, before the network is asked for anything. */
export async function wake(): Promise<void> {
  const [pairing, config, products, on, language] = await Promise.all([
    db.remembered<Pairing>("pairing"),
    db.remembered<Config>("config"),
    db.remembered<Product[]>("products"),
    db.remembered<boolean>("loyalty"),
    db.remembered<string>("language"),
  ]);
  speak(language ?? config?.programme.language ?? navigator.language);
  store.loyalty.value = on ?? true;
  store.products.value = products ?? [];
  if (config) useConfig(config);
  if (pairing) use(pairing);
  await Promise.all([store.reloadOrders(), store.countJournal()]);
  store.ready.value = true;
}

function use(pairing: Pairing): void {
  store.reconnecting.value = false;
  api.credentials.token = pairing.token;
  store.pairing.value = pairing;
  store.cutOff.value = false;
}

function useConfig(config: Config): void {
  store.config.value = config;
  setFormats({ currency: config.programme.currency, zone: config.programme.zone });
}

/** Pairs by `code`, or by log-in; where there are several tills the answer is the list to choose from. */
export async function pair(body: Record<string, string>): Promise<Choice[]> {
  await deliver();
  const left = await db.waitingEntries();
  if ([...left.keys()].some((origin) => !disowned.has(origin))) throw new StillWaiting();
  const { data } = await api.call<Paired>("POST", "/till/pairings", {
    body,
    patience: PAIR_PATIENCE,
    token: "",
    asTill: true,
  });
  if (!data.till) return data.choose;
  const pairing = { token: data.token, ...data.till };
  const keys = (await db.remembered<Record<string, string>>("keys")) ?? {};
  await db.remember("keys", { ...keys, [originOf(data.token)]: data.token });
  await db.remember("pairing", pairing);
  void navigator.storage?.persist?.();
  use(pairing);
  for (const origin of left.keys()) await db.adopt(origin, originOf(data.token));
  await refresh();
  store.sayPairing();
  return [];
}

/** Asks what is new: settings, clerks, products, and what the server knows of this till. `all`: products in any case. */
export async function refresh(all = false): Promise<void> {
  const origin = originOf(api.credentials.token);
  const { data } = await api.call<Config>("GET", "/till", { patience: PAIR_PATIENCE, asTill: true });
  useConfig(data);
  await db.remember("config", data);
  // The version is kept with the products: what could not be fetched is asked for again.
  if (all || data.products_version !== (await db.remembered("products_version"))) {
    const told = await api.call<{ version: string; products: Product[] }>("GET", "/products", {
      patience: PAIR_PATIENCE,
      asTill: true,
    });
    store.products.value = told.data.products;
    await db.remember("products", told.data.products);
    await db.remember("products_version", told.data.version);
  }
  await heed(data, origin);
}

export function keepFresh(): void {
  const ask = (): void => void (store.pairing.value && refresh().catch(() => undefined));
  ask();
  setInterval(ask, EVERY);
  addEventListener("online", ask);
  api.refusals.key = () => (store.cutOff.value = true);
  api.refusals.clerk = lock;
}

/** Gives the key back, and leaves nothing of the shop on the device. Refused while anything waits. */
export async function unpair(): Promise<void> {
  await deliver();
  if ((await db.waitingEntries()).size) throw new StillWaiting();
  if (!store.cutOff.value) await api.call("DELETE", "/till", { patience: PAIR_PATIENCE });
  const language = await db.remembered("language");
  await db.empty();
  if (language) await db.remember("language", language);
  store.sayPairing();
  location.reload();
}

/** Switches the loyalty service. Off is refused while visits wait; on sends what was sold meanwhile. */
export async function switchLoyalty(on: boolean): Promise<void> {
  if (!on) {
    await deliver();
    if ((await db.waitingEntries()).size) throw new StillWaiting();
  }
  store.loyalty.value = on;
  await db.remember("loyalty", on);
  if (on) await deliver();
}

interface Kept extends store.Session {
  salt: string;
  proof: string;
}

/** Signs a clerk in. The server judges the PIN; without a network, what it last said yes to on this device does. */
export async function signIn(id: number, pin: string): Promise<void> {
  const sessions = (await db.remembered<Record<number, Kept>>("sessions")) ?? {};
  try {
    const { data } = await api.call<store.Session>("POST", `/till/clerks/${id}/session`, {
      body: { pin },
      asTill: true,
      patience: 4_000,
    });
    const salt = crypto.randomUUID();
    const kept = { ...data, has_pin: true, salt, proof: await proofOf(pin, salt) };
    await db.remember("sessions", { ...sessions, [id]: kept });
    await db.forget("offline_tries");
    begin(kept);
  } catch (error) {
    if (!(error instanceof api.Offline)) throw error;
    begin(await offline(sessions[id], pin));
  }
}

/** Without a network: whoever the server let in here today, by the same PIN, in a few tries. */
async function offline(kept: Kept | undefined, pin: string): Promise<Kept> {
  if (!kept) throw new Error(t("Without a network only somebody who has signed in here before can sign in."));
  const tries = ((await db.remembered<number>("offline_tries")) ?? 0) + 1;
  if (tries > OFFLINE_TRIES)
    throw new Error(t("Too many wrong PINs. Signing in works again when there is a connection."));
  await db.remember("offline_tries", tries);
  if ((await proofOf(pin, kept.salt)) !== kept.proof) throw new Error(t("That PIN is not right. Try again."));
  await db.forget("offline_tries");
  return kept;
}

function begin(session: store.Session): void {
  api.credentials.clerk = Date.parse(session.until) > Date.now() ? session.token : "";
  store.clerk.value = session;
}

/** Somebody above agrees to one deed about one sale: with their PIN, or as whoever is signed in. */
export async function approvalOf(deed: Deed, by?: { clerk: number; pin: string }): Promise<string> {
  const body = { kind: deed.kind, sale: { id: deed.sale }, ...by };
  const { data } = await api.call<{ approval: string }>("POST", "/till/approvals", { body, patience: 4_000 });
  return data.approval;
}

export interface Deed {
  kind: "void" | "move";
  sale: string;
}

/** Nobody works here until the next PIN. What the one before had open on the screen is closed. */
export function lock(): void {
  api.credentials.clerk = "";
  store.clerk.value = null;
  store.done.value = null;
  store.screen.value = "sell";
}

async function proofOf(pin: string, salt: string): Promise<string> {
  const text = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", text.encode(pin), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: text.encode(salt), iterations: ROUNDS };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256)).reduce(
    (hex, byte) => hex + byte.toString(16).padStart(2, "0"),
    "",
  );
}
