// What the till knows and says. Money is minor units, quantities are thousandths, whole numbers all of them.

export interface Pairing {
  token: string;
  shop: string;
  shop_name: string;
  city: string;
  code: string;
  pairing: number;
}

/** What names a pairing on this device: the public part of its key, which no other one has. */
export function originOf(token: string): string {
  return token.split("_")[1] ?? "";
}

/** What the server gave to keep: the id to tell it by, and behind the first dot what only the server can read. */
export function noteOf(text: string): { id: string; done: string } {
  const dot = text.indexOf(".");
  return { id: text.slice(0, dot), done: text.slice(dot + 1) };
}

export interface Clerk {
  id: number;
  name: string;
  role: string;
  has_pin: boolean;
}

export interface Point {
  code: string;
  ok: boolean;
  text: string;
  remedy: string;
}

export interface ConsentText {
  purpose: string;
  version: string;
  text: string;
}

/** The answer of GET /till. */
export interface Config {
  programme: {
    id: string;
    name: string;
    currency: string;
    zone: string;
    language: string;
    region: string;
    // Not yet there on a till that remembers what an older server told.
    support_email?: string;
    support_phone?: string;
    support_page?: string;
  };
  till: Omit<Pairing, "token">;
  units: { code: string; name: string; kind: string }[];
  clerks: Clerk[];
  settings: {
    match_keys: string[];
    undo_minutes: number;
    claim_days: number;
    enrol_fields: string[];
    offline_redemption: boolean;
  };
  consents: ConsentText[];
  readiness: Point[];
  products_version: string;
  epoch: string;
  last_seq: number;
  claim_key: string;
  server_time: string;
}

export interface Product {
  code: string;
  name: string;
  category: string;
  price: number;
  vat_bp: number | null;
  kind: string;
  deposit: number;
  barcode: string;
  weighed: boolean;
}

export interface Account {
  id: string;
  unit: string;
  name: string;
  kind: string;
  balance: number;
  available: number;
  pending: number;
  reserved: number;
  debt: number;
  expiring: number;
  expiring_on: string | null;
}

/** A member as a till may show them, and as of when. */
export interface Member {
  id: string;
  name: string;
  language: string;
  status: string;
  tier: string;
  accounts: Account[];
  as_of: string;
}

export interface Candidate {
  id: string;
  name: string;
  phone: string;
  email: string;
  status: string;
  last_visit: string | null;
  last_shop: string;
}

export interface Found {
  found: "member" | "several" | "blank_card" | "nobody";
  member: Member | null;
  candidates: Candidate[];
  card: string;
  asked: { kind: "phone" | "email" | "card" | "name"; value: string };
}

export interface Step {
  code: string;
  text: string;
}

export interface SettledLine {
  id: string;
  amount: number;
  discount: number;
  tendered: number;
  net: number;
  paid: number;
  vat: number;
}

export interface Applied {
  redemption: string;
  reward: string;
  kind: string;
  style: string;
  settlement: string;
  unit: string;
  points: number;
  value: number;
}

export interface Earned {
  unit: string;
  points: number;
  active_from?: string;
  expires_at?: string;
  rules: { rule: string; points: number; because: Step[] }[];
}

export interface Settlement {
  total: number;
  price: number;
  payable: number;
  vat: Record<string, number>;
  lines: SettledLine[];
  rewards: Applied[];
  earned: Earned[];
  why_not: Step[];
  warnings: string[];
}

export interface Offer {
  reward: string;
  name: string;
  kind: string;
  unit: string;
  settlement: string;
  points: number;
  value: number;
  missing: number;
  why_not: Step | null;
  picture: string;
}

export interface Quote {
  quote_id: string;
  member: string | null;
  settlement: Settlement;
  refused: { key: string; why_not: Step }[];
  offers: Offer[];
  balance_after: Record<string, number>;
}

export interface Line {
  id: string;
  product: string;
  name: string;
  category: string;
  kind: string;
  price: number;
  quantity: number;
  amount: number;
  vat_bp: number | null;
  weighed: boolean;
  note: string;
  /** The line this one comes with: the deposit of a bottle. */
  of: string;
}

export type TenderKind = "cash" | "card" | "gift_card" | "other";

export interface Tender {
  kind: TenderKind;
  amount: number;
}

/** A reward whose points are held for this order. */
export interface Held {
  id: string;
  reward: string;
  name: string;
  points: number;
  unit: string;
  kind: string;
  until: string;
}

/** The till's own guest, apart from the member of the loyalty programme. */
export interface Guest {
  reference: string;
  email: string;
}

export interface Order {
  id: string;
  number: number;
  opened_at: string;
  table: string;
  covers: number;
  guest: Guest;
  member: Member | null;
  matched_by: string;
  /** Taken off by the clerk: not to be attached by itself again. */
  unmatched: boolean;
  lines: Line[];
  tenders: Tender[];
  held: Held[];
  /** Another part of the bill that this one was split from. */
  part_of: string;
  people: number;
  /** The server's last word on this order, and which state of it that was about. */
  quote: Quote | null;
  quoted: string;
}

/** `done`: by another route, and kept here too. */
export type Kind = "sale" | "return" | "void" | "undo" | "move" | "done";
/** `noted`: put aside by the server, and a clerk has read so. */
export type Fate = "waiting" | "recorded" | "replayed" | "parked" | "put_aside" | "noted";

export interface Problem {
  code: string;
  detail: string;
}

/** What the server made of an operation. */
export interface Answer {
  id: string;
  seq: number;
  status: Exclude<Fate, "waiting" | "noted">;
  result: { id: string; kind: string; settlement?: Settlement; refund?: number } | null;
  accounts: Account[];
  problem: Problem | null;
  warnings: string[];
  claim_code: string;
  was: string;
}

/** One thing that happened, written down before the clerk is told that it is saved. */
export interface Entry {
  /** The pairing that it is delivered by, see `originOf`. */
  origin: string;
  seq: number;
  id: string;
  boot: string;
  mono: number;
  wall: string;
  kind: Kind;
  clerk: number | null;
  /** Proves who the clerk was. Goes once it is delivered, and the approval with it. */
  slip: string;
  approval: string;
  payload: Record<string, unknown>;
  fate: Fate;
  answer: Answer | null;
  answered_at: string;
  /** What the paper said, to print it again. */
  receipt: Receipt | null;
}

export interface Receipt {
  number: string;
  at: string;
  programme: string;
  shop: string;
  city: string;
  clerk: string;
  table: string;
  currency: string;
  lines: { name: string; quantity: number; weighed: boolean; amount: number; discount: number; note: string }[];
  total: number;
  rewards: { name: string; value: number; tender: boolean }[];
  vat: Record<string, number>;
  payable: number;
  tenders: Tender[];
  change: number;
  member: string;
  member_id: string;
  claim: string;
}
