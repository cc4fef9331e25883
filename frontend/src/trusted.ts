// The CSP says require-trusted-types-for 'script'. htmx writes HTML by plain strings, so a
// default policy must let HTML through; it lets no script through in any form.
interface PolicyFactory {
  createPolicy(name: string, rules: { createHTML(html: string): string }): unknown;
}

const factory = (window as unknown as { trustedTypes?: PolicyFactory }).trustedTypes;
factory?.createPolicy("default", {
  createHTML(html: string): string {
    if (/<script/i.test(html)) throw new TypeError("a fragment may not carry a script");
    return html;
  },
});
