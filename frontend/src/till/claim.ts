// The code on a receipt by which its visit can be claimed later. Made without the server, which makes the same one.

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 10;

/** The first fifty bits of a keyed hash of the operation's id, in letters that nobody mistakes. `key` is hex. */
export async function claimCode(key: string, operation: string): Promise<string> {
  const secret = await crypto.subtle.importKey("raw", bytes(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const hash = new Uint8Array(await crypto.subtle.sign("HMAC", secret, bytes(operation.replaceAll("-", ""))));
  const bits = hash.slice(0, 7).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n) >> 6n;
  const places = Array.from({ length: LENGTH }, (_, place) => BigInt(5 * (LENGTH - 1 - place)));
  return places.map((place) => LETTERS[Number((bits >> place) & 31n)]).join("");
}

function bytes(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
