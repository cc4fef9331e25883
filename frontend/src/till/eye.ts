// The camera as a scanner. What reads the picture is fetched only when somebody opens it, and from here alone.

import wasm from "zxing-wasm/reader/zxing_reader.wasm";

const FORMATS = ["qr_code", "ean_13", "ean_8", "code_128"] as const;
const EVERY = 120;

interface Detector {
  detect(source: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

async function detector(): Promise<Detector> {
  const { BarcodeDetector, prepareZXingModule } = await import("barcode-detector/ponyfill");
  const here = new URL(wasm, import.meta.url).href;
  prepareZXingModule({
    overrides: { locateFile: (path: string, prefix: string) => (path.endsWith(".wasm") ? here : prefix + path) },
  });
  return new BarcodeDetector({ formats: [...FORMATS] });
}

/** Watches until a code is read or `stop` is called; `onRead` gets the first one. Throws when there is no camera. */
export async function watch(video: HTMLVideoElement, onRead: (text: string) => void): Promise<() => void> {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  let isOn = true;
  const stop = (): void => {
    isOn = false;
    for (const track of stream.getTracks()) track.stop();
  };
  try {
    video.srcObject = stream;
    await video.play();
    void look(
      await detector(),
      video,
      () => isOn,
      (text) => (stop(), onRead(text)),
    );
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

async function look(
  eye: Detector,
  video: HTMLVideoElement,
  isOn: () => boolean,
  onRead: (text: string) => void,
): Promise<void> {
  while (isOn()) {
    const [code] = await eye.detect(video).catch(() => []);
    if (code?.rawValue && isOn()) return onRead(code.rawValue);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}
