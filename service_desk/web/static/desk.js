// What the desk adds when scripts run. Every page works without this file, except the palette and live refresh.
import { keepTimes } from "./desk/times.js";
import { openPalettes } from "./desk/palette.js";
import { listenForKeys } from "./desk/keys.js";
import { askFirst } from "./desk/dialogs.js";
import { keepDrafts } from "./desk/drafts.js";
import { refreshLive } from "./desk/live.js";
import { followProgress } from "./desk/progress.js";
import { chooseTheme } from "./desk/theme.js";
import { closeMenus } from "./desk/menus.js";
import { walkRounds } from "./desk/rounds.js";
import { previewForms } from "./desk/preview.js";
import { showLitTab } from "./desk/tabs.js";

for (const start of [chooseTheme, keepTimes, openPalettes, listenForKeys, askFirst, keepDrafts, refreshLive, followProgress, closeMenus, walkRounds, previewForms, showLitTab]) start();
