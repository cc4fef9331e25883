// The help of the screen that is open, in the till's language, without a network.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import * as store from "./store.ts";
import { Dialog } from "./ui.tsx";
import { helpText, t } from "./words.ts";

const isOpen = signal(false);

export function Help() {
  const page = !store.pairing.value ? "pair" : !store.clerk.value ? "lock" : store.screen.value;
  return (
    <>
      <button type="button" class="help-button no-print" onClick={() => (isOpen.value = true)}>
        ?<span class="sr-only">{t("Help for this page")}</span>
      </button>
      {isOpen.value && (
        <Dialog title={t("Help for this page")} close={() => (isOpen.value = false)} wide>
          <div class="prose-help">
            {blocks(helpText(`till-app-${page}`))}
            <Support />
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Whom the clerk can ask: what the owner wrote into the settings, known without a network as well. */
function Support() {
  const told = store.config.value?.programme;
  const { support_email: email, support_phone: phone, support_page: page } = told ?? {};
  if (!told || !(email || phone || page)) return null;
  return (
    <section>
      <h3>{t("Questions? {name} helps", { name: told.name })}</h3>
      <ul>
        {phone && (
          <li>
            {t("Phone:")} <a href={`tel:${phone}`}>{phone}</a>
          </li>
        )}
        {email && (
          <li>
            {t("E-mail:")} <a href={`mailto:${email}`}>{email}</a>
          </li>
        )}
        {page && (
          <li>
            {t("Page:")}{" "}
            <a href={page} target="_blank" rel="noopener noreferrer">
              {page}
            </a>
          </li>
        )}
      </ul>
    </section>
  );
}

/** Our own plainest Markdown: headings, lists, paragraphs, strong and keys. Made into elements, never into HTML. */
function blocks(text: string): ComponentChildren {
  return text
    .trim()
    .split(/\n\s*\n/)
    .map((block) => {
      const lines = block.split("\n");
      if (block.startsWith("#")) return <h3>{inline(block.replace(/^#+\s*/, ""))}</h3>;
      if (lines[0]?.startsWith("- ")) return <ul>{items(block, /^- /m)}</ul>;
      if (/^\d+\. /.test(block)) return <ol>{items(block, /^\d+\. /m)}</ol>;
      return <p>{inline(lines.join(" "))}</p>;
    });
}

function items(block: string, marker: RegExp): ComponentChildren {
  return block
    .split(new RegExp(marker.source, "gm"))
    .filter((each) => each.trim())
    .map((each) => <li>{inline(each.replace(/\s+/g, " ").trim())}</li>);
}

function inline(text: string): ComponentChildren {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**")) return <strong>{part.slice(2, -2)}</strong>;
    return part.startsWith("`") ? <kbd>{part.slice(1, -1)}</kbd> : part;
  });
}
