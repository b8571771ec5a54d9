// The keyboard: what each key does, told in the help, and when a key belongs to the control that has the focus.

const KEYBOARD = [
  [["Space"], "play, pause", () => player.toggle()],
  [["ArrowLeft"], "one bar back", () => player.step(-1)],
  [["ArrowRight"], "one bar on", () => player.step(1)],
  [["ArrowUp"], "four bars back", () => player.step(-4)],
  [["ArrowDown"], "four bars on", () => player.step(4)],
  [["Home"], "to the start", () => player.seek(0)],
  [["End"], "to the last bar", () => player.seek(bars.length ? bars[bars.length - 1].start : content.duration)],
  [["["], "loop from here", () => loopEdge("from")],
  [["]"], "loop to here", () => loopEdge("to")],
  [["L"], "loop on, off", toggleLoop],
  [["-"], "slower", () => changeRate(-0.05)],
  [["+", "="], "faster", () => changeRate(0.05)],
  [["0"], "full speed", () => changeRate(0)],
  [["S"], "hear the song", () => hear("song")],
  [["B"], "hear both", () => hear("both")],
  [["D"], "hear the drums alone", () => hear("drums")],
  [["K"], "metronome on, off", toggleClick],
  [["C"], "count-in on, off", toggleCountIn],
  [["N"], "next doubtful hit", () => nextDoubt(1)],
  [["P"], "doubtful hit before", () => nextDoubt(-1)],
  [["V"], "notation, tab or both", nextView],
  [["T"], "light or dark", toggleTheme],
  [["?"], "this help", () => byId("help").showModal()],
];
const KEY_NAMES = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };
const actions = new Map(KEYBOARD.flatMap(([keys, , action]) => keys.map((key) => [key.toLowerCase(), action])));

/** Keys that an element needs for itself. */
function isTaken(key, target) {
  if (target.closest("dialog[open]")) return true;
  if (target.matches("input[type=number], input[type=file]")) return true;
  const seen = target.matches(":focus-visible");
  if (seen && target.matches("input[type=range], input[type=radio]")) return key.startsWith("arrow") || key === "home" || key === "end";
  return key === "space" && target.matches("button, a, input") && seen && !target.matches(".bar, .play");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  if (key === "escape" && !byId("review").hidden) return toggleReview(false);
  const action = actions.get(key);
  if (!action || isTaken(key, event.target)) return;
  event.preventDefault();
  action();
});

byId("keys").append(
  ...KEYBOARD.map(([keys, what]) =>
    element("div", {}, element("dt", {}, element("kbd", { text: KEY_NAMES[keys[0]] ?? keys[0] })), element("dd", { text: what })),
  ),
);
