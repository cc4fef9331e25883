// The loyalty link of an order: finding, attaching, asking what it would earn, holding rewards. Never in a sale's way:
// what does not answer in time is left out, and the order goes on.

import { effect, untracked } from "@preact/signals";
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
  letGo(id);
  store.change(id, (order) => ({ ...order, member, matched_by: how, held: [], quote: null, quoted: "" }));
}

export function detach(id: string): void {
  letGo(id);
  store.change(id, (order) => ({ ...order, member: null, matched_by: "", unmatched: true, held: [], quote: null, quoted: "" }));
}

/** Gives back the points held for an order; those that cannot be told now come back by themselves when time is up. */
export function letGo(id: string): void {
  const order = store.orders.value.find((each) => each.id === id);
  for (const held of order?.held ?? []) void release(held);
}

async function release(held: Held): Promise<void> {
  await api.call("POST", `/redemptions/${held.id}/release`, { body: {}, asTill: true }).catch(() => undefined);
}

export function unchoose(order: Order, held: Held): void {
  void release(held);
  store.change(order.id, (each) => ({ ...each, held: each.held.filter(({ id }) => id !== held.id) }));
}

/** Holds a reward for the order. `free`: the product that is for nothing, rung up first when it is not on the ticket. */
export async function choose(id: string, offer: Offer, more: { amount?: number; free?: Product } = {}): Promise<void> {
  const { amount, free } = more;
  if (free) store.change(id, (each) => addProduct(each, free));
  const order = store.orders.value.find((each) => each.id === id);
  if (!order?.member) return;
  const body = {
    client_id: crypto.randomUUID(),
    member: { id: order.member.id },
    reward: offer.reward,
    order: order.id,
    table: Boolean(order.table || order.covers),
    ...(amount === undefined ? {} : { amount }),
  };
  const { data } = await api.call<Redemption>("POST", "/redemptions", { body });
  const { reward, name, points, unit, until } = data;
  const held: Held = { id: data.id, reward, name, points, unit, kind: offer.kind, until };
  store.change(id, (each) => ({ ...each, held: [...each.held, held] }));
  await ask(id);
}

/** The products that a free one may be; none when one of them is on the ticket already. */
export async function freeChoices(order: Order, offer: Offer): Promise<Product[]> {
  const { data } = await api.call<{ rewards: Catalogued[] }>("GET", "/rewards");
  const chosen = data.rewards.find((each) => each.id === offer.reward)?.gives.products;
  const is = (code: string, category: string): boolean => Boolean(chosen?.products.includes(code) || (category && chosen?.categories.includes(category)));
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

/** Offers of an order without goods have no bill to be tried on: the member's own figures have to do. */
export function startAsking(): void {
  let timer = 0;
  effect(() => {
    const order = store.current.value;
    clearTimeout(timer);
    if (!order?.member || !order.lines.length || !store.loyalty.value || !api.isOnline.value) return;
    if (order.quoted === stateOf(order)) return;
    timer = window.setTimeout(() => void ask(order.id).catch((error: unknown) => forgetLostRewards(order, error)), PAUSE);
  });
  effect(() => {
    const answer = answered.value?.answer;
    if (answer) untracked(() => refreshFigures(answer.accounts));
  });
  setInterval(() => void renew(), EVERY);
}

/** A reward that the server no longer holds for us must not stop the order from being asked about. */
function forgetLostRewards(order: Order, error: unknown): void {
  if (!(error instanceof api.Refusal) || !order.held.length) return;
  store.change(order.id, (each) => ({ ...each, held: [] }));
  store.tell(error.message || t("The reward is no longer held. Choose it again."), "warning");
}

function refreshFigures(accounts: Member["accounts"]): void {
  const owner = accounts[0]?.id.split(".")[0];
  for (const order of store.orders.value) {
    if (order.member?.id !== owner || !owner) continue;
    store.change(order.id, (each) => (each.member ? { ...each, member: { ...each.member, accounts, as_of: new Date().toISOString() } } : each));
  }
}

async function renew(): Promise<void> {
  for (const order of store.orders.value) {
    for (const held of order.held) {
      if (Date.parse(held.until) - Date.now() > RENEW_BEFORE) continue;
      const body = { order: order.id, table: Boolean(order.table || order.covers) };
      const told = await api.call<Redemption>("POST", `/redemptions/${held.id}/renew`, { body, asTill: true }).catch(() => null);
      if (!told) continue;
      const until = told.data.until;
      store.change(order.id, (each) => ({ ...each, held: each.held.map((one) => (one.id === held.id ? { ...one, until } : one)) }));
    }
  }
}

/** The till's own guest has an address: the one member with the same one is attached, and it can be undone. */
export async function match(id: string): Promise<void> {
  const order = store.orders.value.find((each) => each.id === id);
  if (!order || order.member || order.unmatched || !order.guest.email || !store.loyalty.value) return;
  try {
    const body = { email: order.guest.email, order: order.id };
    const { data } = await api.call<{ member: Member | null; matched_by: string; ambiguous: boolean }>("POST", "/till/match", { body });
    if (data.ambiguous) store.tell(t("Several members have this address. Ask, and choose one."), "warning");
    if (!data.member) return;
    attach(id, data.member, data.matched_by);
    store.tell(t("Attached by e-mail: {name}", { name: data.member.name }), "success", () => detach(id));
  } catch (error) {
    if (!(error instanceof api.Offline)) throw error;
  }
}

