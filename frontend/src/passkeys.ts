// Passkeys: the one thing about signing in that takes a script. The form says what is wanted
// (data-passkey "get" or "create") and where the challenge comes from (data-options); the answer
// goes into its hidden field and the form is sent like any other.

type Sent = Record<string, unknown>;

function bytes(text: string): ArrayBuffer {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer | null): string | null {
  if (!buffer) return null;
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

type Listed = { id: string; type: "public-key"; transports?: AuthenticatorTransport[] };
const listed = (each: Listed): PublicKeyCredentialDescriptor => ({ ...each, id: bytes(each.id) });

async function make(asked: Sent): Promise<Sent> {
  const user = asked.user as { id: string; name: string; displayName: string };
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge as string),
    user: { ...user, id: bytes(user.id) },
    excludeCredentials: ((asked.excludeCredentials ?? []) as Listed[]).map(listed),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return envelope(made, {
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports?.() ?? [],
  });
}

async function show(asked: Sent): Promise<Sent> {
  const publicKey = {
    ...asked,
    challenge: bytes(asked.challenge as string),
    allowCredentials: ((asked.allowCredentials ?? []) as Listed[]).map(listed),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential;
  const response = shown.response as AuthenticatorAssertionResponse;
  return envelope(shown, {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: text(response.userHandle),
  });
}

function envelope(credential: PublicKeyCredential, response: Sent): Sent {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

function fault(form: HTMLFormElement, name: string): void {
  for (const line of form.querySelectorAll<HTMLElement>("[data-fault]")) line.hidden = line.dataset.fault !== name;
}

const FAULTS: Record<string, string> = {
  NotAllowedError: "cancelled",
  AbortError: "cancelled",
  InvalidStateError: "known",
  SecurityError: "address",
};

async function converse(form: HTMLFormElement): Promise<void> {
  const token = form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]");
  const answer = form.querySelector<HTMLInputElement>("[name=credential]");
  if (!token || !answer || !form.dataset.options) return;
  fault(form, "");
  const headers = { "X-CSRFToken": token.value };
  const told = await fetch(form.dataset.options, { method: "POST", headers });
  // Sent on to another page: it first has to be shown once more who is there.
  if (told.redirected && form.dataset.prove) return location.assign(form.dataset.prove);
  if (!told.ok) return fault(form, "failed");
  const asked = ((await told.json()) as { publicKey: Sent }).publicKey;
  answer.value = JSON.stringify(form.dataset.passkey === "create" ? await make(asked) : await show(asked));
  form.submit();
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-passkey]")) {
  form.hidden = false;
  let busy = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (busy) return;
    if (!window.PublicKeyCredential) return fault(form, "address");
    busy = true;
    converse(form)
      .catch((error: unknown) => fault(form, FAULTS[(error as Error).name] ?? "failed"))
      .finally(() => (busy = false));
  });
}
