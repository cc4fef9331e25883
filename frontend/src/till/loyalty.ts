// The loyalty link of an order: finding, attaching, asking what it would earn, holding rewards. Never in a sale's way:
// what does not answer in time is left out, and the order goes on.

import { computed, effect, signal, untracked } from "@preact/signals";
import * as api from "./api.ts";
import { answered } from "./journal.ts";
import { addProduct, basketOf, stateOf } from "./orders.ts";
import * as store from "./store.ts";
import type { Found, Held, Member, Offer, Order, Product, Quote } from "./types.ts";
import { t } from "./words.ts";

const PAUSE = 250;
const RENEW_BEFORE = 5 * 60_000;
const EVERY = 60_000;

interface Redemption {
  id: string;
  reward: string;
  name: string;
  unit: string;
  points: number;
  until: string;
}

interface Catalogued {
  id: string;
  gives: { kind: string; products?: { products: string[]; categories: string[] } };
}

export async function find(text: string): Promise<Found> {
  const { data } = await api.call<Found>("GET", `/till/find?text=${encodeURIComponent(text)}`);
  return data;
}

export async function memberOf(id: string): Promise<Member> {
  return (await api.call<Member>("GET", `/till/members/${id}`)).data;
}

/** Attaches the member to the order; rewards held for somebody else before are let go. */
export function attach(id: string, member: Member, how: string): void {
  const before = store.orders.value.find((each) => each.id === id)?.member;
  if (before?.id === member.id) return show(id, member);
  letGo(id);
  store.change(id, (order) => ({ ...order, member, matched_by: how, held: [], quote: null, quoted: "" }));
}

/** Newer figures of the member who is on the order; of anybody else they come too late. */
export function show(id: string, member: Member): void {
  store.change(id, (order) => (order.member?.id === member.id ? { ...order, member } : order));
}

export function detach(id: string): void {
  letGo(id);
  store.change(id, (order) => ({
    ...order,
    member: null,
    matched_by: "",
    unmatched: true,
    held: [],
    quote: null,
    quoted: "",
  }));
}

/** Gives back the points held for an order; those that cannot be told now come back by themselves when time is up. */
export function letGo(id: string): void {
  const order = store.orders.value.find((each) => each.id === id);
  for (const held of order?.held ?? []) void release(held);
}

export async function release(held: Pick<Held, "id">): Promise<void> {
  await api.call("POST", `/redemptions/${held.id}/release`, { body: {}, asTill: true }).catch(() => undefined);
}

export function unchoose(order: Order, held: Held): void {
  void release(held);
  store.change(order.id, (each) => ({ ...each, held: each.held.filter(({ id }) => id !== held.id) }));
}

/** Wishes whose answer was lost: asked again by the same name, they hold the points once. */
const asked = new Map<string, string>();

/** Holds a reward for the order. `free`: the product that is for nothing, rung up when it is not on the ticket. */
export async function choose(id: string, offer: Offer, more: { amount?: number; free?: Product } = {}): Promise<void> {
  const { amount, free } = more;
  const member = store.orders.value.find((each) => each.id === id)?.member;
  if (!member) return;
  const told = await reserve(id, offer, member, amount);
  const held: Held = { ...told, kind: offer.kind };
  let isTaken = false;
  store.change(id, (each) => {
    if (each.member?.id !== member.id) return each;
    isTaken = true;
    return { ...(free ? addProduct(each, free) : each), held: [...each.held, held] };
  });
  if (isTaken) await ask(id);
  else await release(held);
}

async function reserve(id: string, offer: Offer, member: Member, amount?: number): Promise<Omit<Held, "kind">> {
  const order = store.orders.value.find((each) => each.id === id);
  const wish = [id, member.id, offer.reward, amount ?? "", order?.held.length].join();
  const client_id = asked.get(wish) ?? crypto.randomUUID();
  asked.set(wish, client_id);
  const body = {
    client_id,
    member: { id: member.id },
    reward: offer.reward,
    order: id,
    table: isTable(order),
    ...(amount === undefined ? {} : { amount }),
  };
  try {
    const { data } = await api.call<Redemption>("POST", "/redemptions", { body, patience: 6_000 });
    asked.delete(wish);
    const { reward, name, points, unit, until } = data;
    return { id: data.id, reward, name, points, unit, until };
  } catch (error) {
    if (error instanceof api.Refusal) asked.delete(wish);
    throw error;
  }
}

const isTable = (order: Order | undefined): boolean => Boolean(order?.table || order?.covers);

/** The products that a free one may be; none when one of them is on the ticket already. */
export async function freeChoices(order: Order, offer: Offer): Promise<Product[]> {
  const { data } = await api.call<{ rewards: Catalogued[] }>("GET", "/rewards");
  const chosen = data.rewards.find((each) => each.id === offer.reward)?.gives.products;
  const is = (code: string, category: string): boolean =>
    Boolean(chosen?.products.includes(code) || (category && chosen?.categories.includes(category)));
  if (order.lines.some((line) => is(line.product, line.category))) return [];
  return store.products.value.filter((each) => is(each.code, each.category) && !each.weighed);
}

/** Asks the server what the order comes to; the answer counts only for the very state that was asked about. */
export async function ask(id: string): Promise<Quote | null> {
  const order = store.orders.value.find((each) => each.id === id);
  if (!order?.member || !order.lines.length) return null;
  const state = stateOf(order);
  const body = {
    ...basketOf(order, store.currency.value),
    occurred_at: new Date().toISOString(),
    redemptions: order.held.map((held) => held.id),
  };
  const { data } = await api.call<Quote>("POST", "/quotes", { body });
  store.change(id, (each) => ({ ...each, quote: data, quoted: state }));
  return data;
}

/** The state of an order that the server did not answer about: the sale goes on without its word. */
const unanswered = signal("");

/** Rewards are on the ticket and the server has not said yet what they come to: a moment's patience, while it answers. */
export const awaiting = computed(() => {
  const order = store.current.value;
  if (!order?.held.length || !api.isOnline.value) return false;
  const state = stateOf(order);
  return order.quoted !== state && unanswered.value !== state;
});

const AGAIN = 5_000;

export function startAsking(): void {
  let timer = 0;
  effect(() => {
    const order = store.current.value;
    clearTimeout(timer);
    if (!order?.member || !order.lines.length || !store.loyalty.value || !api.isOnline.value) return;
    const state = stateOf(order);
    if (order.quoted === state) return;
    const pause = unanswered.value === state ? AGAIN : PAUSE;
    timer = window.setTimeout(() => void ask(order.id).catch((error: unknown) => unask(order, state, error)), pause);
  });
  effect(() => {
    const answer = answered.value?.answer;
    if (answer) untracked(() => refreshFigures(answer.accounts));
  });
  setInterval(() => void renew(), EVERY);
}

/** No answer, or none that helps. A reward that is no longer held must not stop the order from being asked about. */
function unask(order: Order, state: string, error: unknown): void {
  unanswered.value = "";
  unanswered.value = state;
  if (!(error instanceof api.Refusal) || !OF_REWARDS.some((code) => error.code.startsWith(code))) return;
  for (const held of order.held) void release(held);
  store.change(order.id, (each) => ({ ...each, held: [] }));
  store.tell(error.message || t("The reward is no longer held. Choose it again."), "warning");
}

const OF_REWARDS = [
  "redemption_",
  "unknown_redemption",
  "insufficient_points",
  "out_of_stock",
  "limit_reached",
  "in_debt",
  "other_order",
];

function refreshFigures(accounts: Member["accounts"]): void {
  const owner = accounts[0]?.id.split(".")[0];
  for (const order of store.orders.value) {
    if (order.member?.id !== owner || !owner) continue;
    store.change(order.id, (each) =>
      each.member ? { ...each, member: { ...each.member, accounts, as_of: new Date().toISOString() } } : each,
    );
  }
}

async function renew(): Promise<void> {
  for (const order of store.orders.value) {
    for (const held of order.held) {
      if (Date.parse(held.until) - Date.now() > RENEW_BEFORE) continue;
      const body = { order: order.id, table: isTable(order) };
      const told = await api
        .call<Redemption>("POST", `/redemptions/${held.id}/renew`, { body, asTill: true })
        .catch(() => null);
      if (!told) continue;
      const until = told.data.until;
      store.change(order.id, (each) => ({
        ...each,
        held: each.held.map((one) => (one.id === held.id ? { ...one, until } : one)),
      }));
    }
  }
}

/** The till's own guest has an address: the one member with the same one is attached, and it can be undone. */
export async function match(id: string): Promise<void> {
  const order = store.orders.value.find((each) => each.id === id);
  if (!order || order.member || order.unmatched || !order.guest.email || !store.loyalty.value) return;
  try {
    const body = { email: order.guest.email, order: order.id };
    const { data } = await api.call<{ member: Member | null; matched_by: string; ambiguous: boolean }>(
      "POST",
      "/till/match",
      { body },
    );
    if (data.ambiguous) store.tell(t("Several members have this address. Ask, and choose one."), "warning");
    const now = store.orders.value.find((each) => each.id === id);
    if (!data.member || !now || now.member || now.unmatched) return; // somebody was quicker
    attach(id, data.member, data.matched_by);
    store.tell(t("Attached by e-mail: {name}", { name: data.member.name }), "success", () => detach(id));
  } catch (error) {
    if (!(error instanceof api.Offline)) throw error;
  }
}
