import "./trusted";
import htmx from "htmx.org";
import { startTheme } from "./switch";
import { startHelp } from "./help";
import { startForms } from "./forms";
import { startMenu } from "./menu";
import { startTrouble } from "./trouble";

htmx.config.includeIndicatorStyles = false; // styles come from our own sheet: the CSP allows no others
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
htmx.config.defaultSettleDelay = 0;
htmx.config.historyCacheSize = 0; // no copy of a member's page stays in the browser's storage
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "409|422", swap: true, error: false }, // a refused form comes back with its reasons
  { code: "[45]..", swap: false, error: true },
];

startTheme();
startHelp();
startTrouble();
startForms();
startMenu();
