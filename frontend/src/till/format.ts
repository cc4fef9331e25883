// Money, quantities and moments as people write them. Amounts never pass through a floating number.

let language = "en";
let currency = "EUR";
let zone = "UTC";

export function setFormats(to: { language?: string; currency?: string; zone?: string }): void {
  language = to.language ?? language;
  currency = to.currency ?? currency;
  zone = to.zone ?? zone;
}

/** How many minor units make one: 2 for the euro, 0 for the yen. */
function digits(): number {
  return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** Minor units as a decimal text with a point: -5 is "-0.05". */
export function decimal(amount: number, places: number = digits()): string {
  const text = String(Math.abs(amount)).padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places);
  return `${amount < 0 ? "-" : ""}${whole}${places ? `.${text.slice(-places)}` : ""}`;
}

export function money(amount: number): string {
  const format = new Intl.NumberFormat(language, { style: "currency", currency });
  return format.format(decimal(amount) as Intl.StringNumericLiteral);
}

export function whole(value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

export function signed(value: number): string {
  return new Intl.NumberFormat(language, { signDisplay: "exceptZero" }).format(value);
}

/** An amount as typed, with a comma or a point, in minor units; null for what is no amount. */
export function parseAmount(text: string, places: number = digits()): number | null {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  const found = /^(\d{0,7})(?:\.(\d*))?$/.exec(plain);
  if (!found || (!found[1] && !found[2]) || (found[2] ?? "").length > places) return null;
  return Number(`${found[1] || "0"}${(found[2] ?? "").padEnd(places, "0")}`);
}

/** A weight as typed, in thousandths; null for what is none. */
export function parseWeight(text: string): number | null {
  const grams = parseAmount(text, 3);
  return grams ? grams : null;
}

export function quantity(thousandths: number, weighed: boolean): string {
  const format = new Intl.NumberFormat(language, { minimumFractionDigits: weighed ? 3 : 0, maximumFractionDigits: 3 });
  return format.format(decimal(thousandths, 3) as Intl.StringNumericLiteral) + (weighed ? " kg" : "");
}

export function percent(basisPoints: number): string {
  return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2 }).format(
    decimal(basisPoints, 4) as Intl.StringNumericLiteral,
  );
}

export function clock(moment: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "short", timeZone: zone }).format(new Date(moment));
}

export function day(moment: string): string {
  const at = moment.length === 10 ? new Date(`${moment}T12:00:00Z`) : new Date(moment);
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: zone }).format(at);
}

export function dayAndClock(moment: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: zone }).format(
    new Date(moment),
  );
}

/** The last day on which something is good, from the moment at which it is over. */
export function lastDay(end: string): string {
  return day(new Date(new Date(end).getTime() - 1000).toISOString());
}
