// The service worker lets the till open without a network. It is the one script whose address is set from here, so the
// policy for such addresses lets this one through and nothing else.

interface PolicyFactory {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const ADDRESS = "/till/sw.js";

export function registerWorker(): void {
  if (!("serviceWorker" in navigator)) return;
  const factory = (window as unknown as { trustedTypes?: PolicyFactory }).trustedTypes;
  const only = (url: string): string => {
    if (url !== ADDRESS) throw new TypeError("only the till's own worker");
    return url;
  };
  const address = factory
    ? factory.createPolicy("default", { createScriptURL: only }).createScriptURL(ADDRESS)
    : ADDRESS;
  navigator.serviceWorker.register(address, { scope: "/till/" }).catch(() => undefined);
}
