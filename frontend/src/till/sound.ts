// A short tone for yes and another one for no. Off unless somebody wants it.

let context: AudioContext | undefined;
export const sounds = { on: false };

export function beep(good: boolean): void {
  if (!sounds.on) return;
  context ??= new AudioContext();
  const [tone, loudness] = [context.createOscillator(), context.createGain()];
  const now = context.currentTime;
  tone.frequency.value = good ? 880 : 220;
  loudness.gain.setValueAtTime(0.08, now);
  loudness.gain.exponentialRampToValueAtTime(0.001, now + 0.18);
  tone.connect(loudness).connect(context.destination);
  tone.start(now);
  tone.stop(now + 0.2);
}
