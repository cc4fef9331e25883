// The little arithmetic that the law wants on paper even without a network: sharing out and tax.
// Whole minor units only. Held to the engine's own vectors by frontend/tests.

/** Splits `total` (0 or more) over `weights` (each 0 or more) so that the parts add up to exactly `total`. */
export function split(total: number, weights: readonly number[]): number[] {
  if (total < 0 || weights.some((weight) => weight < 0)) throw new RangeError("split takes zero or more");
  const whole = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (whole === 0n) {
    if (total) throw new RangeError("weights must add up to more than zero");
    return weights.map(() => 0);
  }
  const products = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = products.map((product) => Number(product / whole));
  const left = total - parts.reduce((sum, part) => sum + part, 0);
  const rest = (index: number): bigint => (products[index] ?? 0n) % whole;
  const order = weights
    .map((_, index) => index)
    .sort((a, b) => (rest(a) === rest(b) ? a - b : rest(a) < rest(b) ? 1 : -1));
  for (const index of order.slice(0, left)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}

/** `numerator / denominator` to the nearest whole number, halves away from zero. */
export function halfUp(numerator: number, denominator: number): number {
  const sign = numerator < 0 ? -1 : 1;
  const [top, bottom] = [BigInt(Math.abs(numerator)) * 2n, BigInt(denominator)];
  const rounded = Number((top + bottom) / (bottom * 2n));
  return rounded === 0 ? 0 : sign * rounded;
}

export interface Taxed {
  amount: number;
  vat_bp: number | null;
}

/** The tax contained in the lines, by rate in basis points: summed first, rounded once. */
export function taxByRate(lines: readonly Taxed[]): Map<number, number> {
  const sums = new Map<number, number>();
  for (const { amount, vat_bp } of lines) {
    if (vat_bp !== null) sums.set(vat_bp, (sums.get(vat_bp) ?? 0) + amount);
  }
  const rates = [...sums.keys()].sort((a, b) => a - b);
  return new Map(rates.map((rate) => [rate, taxIn(sums.get(rate) ?? 0, rate)]));
}

function taxIn(gross: number, rate: number): number {
  return halfUp(gross * rate, 10_000 + rate);
}

/** What so many thousandths cost at a price for a thousand of them (a piece, a kilogram). */
export function priceOf(price: number, thousandths: number): number {
  return halfUp(price * thousandths, 1000);
}
