// The camera's picture while it looks for a code.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { watch } from "./eye.ts";
import { Notice } from "./ui.tsx";
import { t } from "./words.ts";

export function Camera({ onRead }: { onRead: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const fault = useSignal("");
  useEffect(() => {
    let isGone = false;
    let stop = (): void => undefined;
    const element = video.current;
    if (!element) return undefined;
    watch(element, onRead)
      .then((way) => (isGone ? way() : (stop = way)))
      .catch((error: unknown) => (fault.value = reasonOf(error)));
    return () => {
      isGone = true;
      stop();
    };
  }, []);
  return (
    <div class="grid gap-2">
      {fault.value ? (
        <Notice tone="error">{fault.value}</Notice>
      ) : (
        <p class="muted">{t("Hold the code in front of the camera.")}</p>
      )}
      <video
        ref={video}
        class="camera"
        muted
        playsInline
        aria-label={t("Picture of the camera")}
        hidden={Boolean(fault.value)}
      />
    </div>
  );
}

function reasonOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError")
    return t("The camera is not allowed. Allow it in the browser's settings for this page, or type the number.");
  if (name === "NotFoundError" || name === "TypeError")
    return t("This device has no camera. Type the number, or use a scanner.");
  return t("The camera cannot be used now. Type the number, or use a scanner.");
}
