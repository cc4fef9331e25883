// One way to ask the server. It answers, refuses with a reason, or nothing is known: then the till goes on without it.

import { computed, signal } from "@preact/signals";
import { language } from "./words.ts";

export const PATIENCE = 2_000;
const GOOD_PROBES = 3;

/** Nothing is known: no network, no answer in time, or an answer that is not Passage's. */
export class Offline extends Error {}

/** The server says no, and why, in the reader's language. */
export class Refusal extends Error {
  readonly code: string;
  readonly field: string;
  readonly status: number;

  constructor(status: number, told: { code?: string; detail?: string; field?: string }) {
    super(told.detail ?? "");
    this.status = status;
    this.code = told.code ?? "";
    this.field = told.field ?? "";
  }
}

export const credentials = { token: "", clerk: "" };
/** Bad answers in a row, and good ones still owed before a slow line is trusted again. */
const lost = signal(false);
const late = signal(0);
let owed = 0;

export type Link = "online" | "offline" | "slow";
export const link = computed<Link>(() => (lost.value ? "offline" : late.value > 1 ? "slow" : "online"));
export const isOnline = computed(() => link.value === "online");
/** Set by whoever minds them: the key opens nothing any more, or the clerk has to sign in again. */
export const refusals = { key: () => undefined as void, clerk: () => undefined as void };

/** Set by whoever keeps the journal: what the server did for this till and gave it to keep, see docs/api/tills.md. */
export const heard = { done: (_note: string): Promise<void> => Promise.resolve() };
const DONE = "Passage-Done";

interface Request {
  body?: unknown;
  headers?: Record<string, string>;
  patience?: number;
  token?: string;
  /** Background work speaks for the till alone. */
  asTill?: boolean;
}

export interface Answered<T> {
  data: T;
  status: number;
  etag: string;
}

export async function call<T>(method: string, path: string, request: Request = {}): Promise<Answered<T>> {
  const started = performance.now();
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: headersOf(request),
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
      signal: AbortSignal.timeout(request.patience ?? PATIENCE),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
    text = await response.text();
  } catch (error) {
    noteFailure(error instanceof DOMException && error.name === "TimeoutError");
    throw new Offline();
  }
  const answered = read<T>(response, text, performance.now() - started, request);
  const note = response.headers.get(DONE);
  // It is done, whether or not the device can keep that it is.
  if (note && !request.token) await heard.done(note).catch(() => undefined);
  return answered;
}

function headersOf(request: Request): Record<string, string> {
  const token = request.token ?? credentials.token;
  return {
    Accept: "application/json",
    "Accept-Language": language.value,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...(credentials.clerk && !request.asTill ? { "Passage-Clerk": credentials.clerk } : {}),
    ...(request.body === undefined ? {} : { "Content-Type": "application/json" }),
    ...request.headers,
  };
}

function read<T>(response: Response, text: string, took: number, request: Request): Answered<T> {
  const etag = response.headers.get("ETag") ?? "";
  if (response.status === 204 || response.status === 304) {
    noteSuccess(took);
    return { data: undefined as T, status: response.status, etag };
  }
  const told = parsed(text);
  // A portal of some café network answers 200 in HTML; a server that is starting answers 502.
  if (told === undefined || response.status >= 500 || response.status === 408) {
    noteFailure(false);
    throw new Offline();
  }
  noteSuccess(took);
  if (response.ok) return { data: told as T, status: response.status, etag };
  const refusal = new Refusal(response.status, told);
  if (response.status === 401 && !request.token) (refusal.code === "clerk_unknown" ? refusals.clerk : refusals.key)();
  throw refusal;
}

function parsed(text: string): Record<string, string> | undefined {
  try {
    const told: unknown = JSON.parse(text);
    return typeof told === "object" && told !== null ? (told as Record<string, string>) : undefined;
  } catch {
    return undefined;
  }
}

function noteFailure(isLate: boolean): void {
  owed = GOOD_PROBES;
  if (isLate) late.value += 1;
  else lost.value = true;
}

function noteSuccess(took: number): void {
  lost.value = false;
  if (took >= PATIENCE) return;
  owed = Math.max(owed - 1, 0);
  if (owed === 0 || late.value < 2) late.value = 0;
}

addEventListener("offline", () => (lost.value = true));
