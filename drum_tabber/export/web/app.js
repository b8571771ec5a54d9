// The page itself: its parts put together, and its controls.

const player = new Player(madeClock(), new Kit());
const score = new Score(player);
const roll = new Roll(player);
const overview = new Overview(player);
window.drumTab = { player, score, roll, content }; // for those who script the page

/** Tell a screen reader. */
function say(text) {
  if (byId("said").textContent !== text) byId("said").textContent = text;
}

function placeText(time) {
  const bar = barAt(time);
  return bar ? `Bar ${bar.index + 1}${bar.section ? `, ${bar.section}` : ""}` : clockText(time);
}

// -------------------------------------------------------------------------------------------------- what is shown now

let drawnTime = -1;

function show() {
  const { time } = player;
  if (time !== drawnTime) {
    drawnTime = time;
    const bar = barAt(time);
    const beat = bar ? slotAt(bar, time).beat + 1 : 1;
    const inside = bar && time >= bar.start - 0.01 && time < bar.end;
    byId("place-bar").textContent = inside ? `Bar ${bar.index + 1} · ${beat}` : bar ? `Bar ${bar.index + 1}` : "–";
    byId("place-time").textContent = `${clockText(time)} / ${clockText(content.duration)}`;
    score.update();
    overview.update();
    roll.draw();
  }
  requestAnimationFrame(show);
}

function showState() {
  const { playing, loop, rate, hear } = player;
  const play = byId("play");
  play.setAttribute("aria-label", playing ? "Pause" : "Play");
  play.querySelector("use").setAttribute("href", playing ? "#i-pause" : "#i-play");
  document.body.classList.toggle("playing", playing);
  byId("loop").setAttribute("aria-pressed", String(loop.on));
  byId("loop-from").value = loop.from + 1;
  byId("loop-to").value = loop.to + 1;
  byId("rate").value = Math.round(rate * 100);
  byId("rate-shown").textContent = `${Math.round(rate * 100)}%`;
  byId("click").setAttribute("aria-pressed", String(player.clicking));
  byId("count-in").setAttribute("aria-pressed", String(player.countIn));
  for (const input of document.querySelectorAll('[name="hear"]')) input.checked = input.value === hear;
  byId("hear").hidden = !player.clock.media;
  byId("hear").parentElement.classList.toggle("silent-drums", hear === "song");
  score.markLoop();
  overview.markLoop();
  roll.draw();
}

let wasPlaying = false;
player.addEventListener("change", () => {
  showState();
  if (player.playing && !wasPlaying) score.follow();
  wasPlaying = player.playing;
});
player.addEventListener("seek", () => {
  score.follow();
  if (!player.playing) say(placeText(player.time));
});

// ------------------------------------------------------------------------------------------------------------- actions

const HEARD = { song: "the song", both: "the song and the drums", drums: "the drums alone" };

function hear(what) {
  player.setHear(what);
  say(`You hear ${HEARD[player.hear]}`);
}

function changeRate(step) {
  player.setRate(step ? player.rate + step : 1);
  say(`Speed ${Math.round(player.rate * 100)} per cent`);
}

function setLoop(from, to, on = true) {
  player.setLoop(from, to, on);
  const { loop } = player;
  say(loop.on ? `Loop from bar ${loop.from + 1} to ${loop.to + 1}` : "Loop off");
}

function toggleLoop() {
  setLoop(player.loop.from, player.loop.to, !player.loop.on);
}

function loopEdge(edge) {
  const bar = barAt(player.time)?.index ?? 0;
  const { from, to, on } = player.loop;
  if (edge === "from") setLoop(bar, on ? Math.max(to, bar) : bar + 3);
  else setLoop(Math.min(from, bar), bar);
}

function toggleClick() {
  player.clicking = !player.clicking;
  player.resync();
  showState();
  say(player.clicking ? "Metronome on" : "Metronome off");
}

function toggleCountIn() {
  player.countIn = !player.countIn;
  showState();
  say(player.countIn ? "A bar is counted in" : "No count-in");
}

function toggleTheme() {
  const dark = isDark();
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  remember("theme", document.documentElement.dataset.theme);
  showTheme();
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showTheme() {
  byId("theme").setAttribute("aria-pressed", String(isDark()));
  roll.recolour();
  overview.recolour();
}

/** Some browsers keep nothing for pages that are files. */
function remember(name, value) {
  try {
    localStorage.setItem(`drum-tab-${name}`, value);
  } catch {
    // then the choice lasts as long as the page
  }
}

function remembered(name) {
  try {
    return localStorage.getItem(`drum-tab-${name}`);
  } catch {
    return null;
  }
}

function setView(view) {
  for (const input of document.querySelectorAll('[name="view"]')) input.checked = input.value === view;
  score.show(view);
}

function nextView() {
  const views = ["both", "notation", "tab"];
  const at = views.findIndex((view) => document.querySelector(`[name="view"][value="${view}"]`).checked);
  const view = views[(at + 1) % views.length];
  setView(view);
  say({ both: "Notation and tab", notation: "Notation", tab: "Tab" }[view]);
}

function nextDoubt(step) {
  if (!doubtfulHits.length) return say("There are no doubtful hits");
  const at = lastBefore(doubtfulHits, player.time + (step > 0 ? 0.005 : -0.005), (hit) => hit.time);
  const index = step > 0 ? at + 1 : at;
  return goToHit(doubtfulHits[(index + doubtfulHits.length) % doubtfulHits.length]);
}

function goToHit(hit) {
  player.seek(hit.time);
  say(`${drumOf.get(hit.drum)?.name ?? hit.drum}, ${placeText(hit.time)}, ${Math.round(hit.confidence * 100)} per cent sure`);
}

async function copyTab() {
  try {
    await navigator.clipboard.writeText(content.text);
    say("The tab is copied");
    byId("copy").classList.add("done");
    setTimeout(() => byId("copy").classList.remove("done"), 1500);
  } catch {
    say("This browser doesn’t let the page copy");
  }
}

function toggleReview(open = byId("review").hidden) {
  byId("review").hidden = !open;
  byId("review-button").setAttribute("aria-expanded", String(open));
  if (open) byId("review-list").querySelector("button")?.focus();
  else byId("review-button").focus();
}

// --------------------------------------------------------------------------------------------------------- the controls

const onClick = (id, action) => byId(id).addEventListener("click", action);
onClick("play", () => player.toggle());
onClick("back", () => player.step(-1));
onClick("on", () => player.step(1));
onClick("loop", toggleLoop);
onClick("rate-shown", () => changeRate(0));
onClick("click", toggleClick);
onClick("count-in", toggleCountIn);
onClick("theme", toggleTheme);
onClick("help-button", () => byId("help").showModal());
onClick("help-close", () => byId("help").close());
onClick("print", () => print());
onClick("copy", copyTab);
onClick("review-button", () => toggleReview());
onClick("review-close", () => toggleReview(false));
byId("rate").addEventListener("input", (event) => player.setRate(Number(event.target.value) / 100));
byId("level").addEventListener("input", (event) => player.kit.setLevel(Number(event.target.value) / 100));
for (const edge of ["loop-from", "loop-to"]) {
  byId(edge).max = bars.length;
  byId(edge).addEventListener("change", () => {
    const [from, to] = ["loop-from", "loop-to"].map((id) => Number(byId(id).value) - 1);
    if (Number.isInteger(from) && Number.isInteger(to)) setLoop(from, to, player.loop.on);
  });
}
for (const input of document.querySelectorAll('[name="hear"]')) input.addEventListener("change", () => hear(input.value));
for (const input of document.querySelectorAll('[name="view"]')) input.addEventListener("change", () => setView(input.value));
byId("help").addEventListener("click", (event) => {
  if (event.target === byId("help")) byId("help").close();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
addEventListener("beforeprint", () => {
  score.layOut(true, PRINT_WIDTH);
  score.drawAll();
});
addEventListener("afterprint", () => score.layOut(true));

// ---------------------------------------------------------------------------------------------------------- the song

function showFacts() {
  byId("title").textContent = content.title || "Drum tab";
  const metres = [...new Set(bars.map((bar) => `${bar.divisions.length}/${bar.unit}`))];
  const facts = [
    bars.length && `${Math.round(content.tempo)} BPM`,
    metres.length && (metres.length > 3 ? `${metres.slice(0, 3).join(", ")} …` : metres.join(", ")),
    content.key,
    `${bars.length} ${bars.length === 1 ? "bar" : "bars"}`,
    clockText(content.duration),
  ];
  byId("facts").textContent = facts.filter(Boolean).join(" · ");
  byId("review-button").hidden = !doubtfulHits.length;
  byId("review-count").append(String(doubtfulHits.length), element("span", { text: " doubtful" }));
  byId("review-button").setAttribute("aria-label", `${doubtfulHits.length} doubtful ${doubtfulHits.length === 1 ? "hit" : "hits"}`);
  const key = content.drums.map(({ code, label, name }) => `${label} ${name}${label === code ? "" : ` (${code} in the CSV)`}`).join(" · ");
  byId("key").textContent = `${key}${key ? ". " : ""}○ open, ø half-open, > accent, ( ) ghost note.`;
}

function showReview() {
  const surest = [...doubtfulHits].sort((a, b) => a.confidence - b.confidence);
  const items = surest.map((hit) => {
    const name = drumOf.get(hit.drum)?.name ?? hit.drum;
    const bar = bars[hit.bar];
    const where = bar ? `bar ${hit.bar + 1}, beat ${slotAt(bar, hit.time).beat + 1}` : clockText(hit.time);
    const button = element("button", { attributes: { type: "button" } },
      element("b", { text: name }), element("span", { text: where }), element("em", { text: `${Math.round(hit.confidence * 100)}%` }));
    button.addEventListener("click", () => {
      player.seek(bar ? bar.start : hit.time);
      if (!player.playing) player.play();
    });
    return element("li", {}, button);
  });
  byId("review-list").append(...items);
}

/** Where the recording can't be played, the drums play by themselves until another is chosen. */
function watchRecording(clock) {
  for (const name of ["ended", "pause", "play"]) clock.media?.addEventListener(name, showState);
  clock.media?.addEventListener("error", () => {
    byId("missing-text").textContent = "The recording isn’t beside this page any more, or this browser can’t play it.";
    byId("missing").hidden = false;
    player.setClock(new FreeClock());
  });
}

byId("choose").addEventListener("change", () => {
  const [file] = byId("choose").files;
  if (!file) return;
  byId("missing").hidden = true;
  const clock = new RecordingClock(URL.createObjectURL(file));
  watchRecording(clock);
  player.setClock(clock);
  hear("song");
});
onClick("missing-close", () => {
  byId("missing").hidden = true;
});

document.documentElement.dataset.theme = remembered("theme") ?? "";
showFacts();
showReview();
watchRecording(player.clock);
score.layOut();
showTheme();
showState();
requestAnimationFrame(show);
