// What each device may have its own way: language, colours, sounds.

import { signal } from "@preact/signals";
import { remember, remembered } from "./db.ts";
import { sounds } from "./sound.ts";
import { Button } from "./ui.tsx";
import { LANGUAGES, language, OWN_NAMES, speak, t } from "./words.ts";

const theme = signal(document.documentElement.dataset.theme ?? "");
const soundsOn = signal(false);

export async function wakePreferences(): Promise<void> {
  soundsOn.value = (await remembered<boolean>("sounds")) ?? false;
  sounds.on = soundsOn.value;
}

export function LanguageChoice() {
  return (
    <div class="join" role="group" aria-label={t("Language")}>
      {LANGUAGES.map((code) => (
        <Button
          class="join-item"
          lang={code}
          aria-pressed={language.value === code}
          tone={language.value === code ? "primary" : "plain"}
          onClick={() => choose(code)}
        >
          {OWN_NAMES[code]}
        </Button>
      ))}
    </div>
  );
}

function choose(code: string): void {
  speak(code);
  void remember("language", code);
}

const isDark = (): boolean =>
  theme.value ? theme.value === "passage-dark" : matchMedia("(prefers-color-scheme: dark)").matches;

export function ThemeSwitch() {
  const turn = (): void => {
    theme.value = isDark() ? "passage" : "passage-dark";
    document.documentElement.dataset.theme = theme.value;
    localStorage.setItem("theme", theme.value);
  };
  return (
    <Button icon="moon" aria-pressed={isDark()} onClick={turn}>
      {t("Dark colours")}
    </Button>
  );
}

export function SoundSwitch() {
  const turn = (): void => {
    soundsOn.value = !soundsOn.value;
    sounds.on = soundsOn.value;
    void remember("sounds", soundsOn.value);
  };
  return (
    <label class="flex min-h-11 cursor-pointer items-center gap-3">
      <input type="checkbox" class="toggle-box" checked={soundsOn.value} onChange={turn} />
      {t("Sounds")}
    </label>
  );
}
