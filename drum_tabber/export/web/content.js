// What the page was given, and what follows from it: bars with their times, hits as objects.

const content = JSON.parse(document.getElementById("content").textContent);
const byId = (id) => document.getElementById(id);
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** An element with properties, attributes (in kebab case by their names) and children; text stays text. */
function element(name, { text, className, attributes = {} } = {}, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const drumOf = new Map(content.drums.map((drum) => [drum.code, drum]));
const bars = content.bars.map((bar, index) => {
  const slots = bar.divisions.reduce((sum, division) => sum + division, 0);
  return { ...bar, index, slots, start: bar.beats[0], end: bar.beats[bar.beats.length - 1], section: "" };
});
for (const section of content.sections) {
  for (const bar of bars.slice(section.bar, section.bar + section.bars)) bar.section = section.name;
}
const hits = content.hits.time.map((time, index) => ({
  index,
  time,
  drum: content.hits.drum[index],
  velocity: content.hits.velocity[index],
  confidence: content.hits.confidence[index],
  bar: content.hits.bar[index],
  shown: content.hits.shown[index] === 1,
  doubtful: content.hits.confidence[index] < content.doubt,
  choked: false,
}));
for (const bar of bars) {
  for (const [, , , articulation, hit] of bar.strokes) {
    if (articulation === "choke" && hit >= 0) hits[hit].choked = true;
  }
}
const doubtfulHits = hits.filter((hit) => hit.doubtful && hit.shown);
const isDoubtful = (stroke) => stroke[4] >= 0 && hits[stroke[4]].doubtful;

/** The index of the last item of a sorted list that is not after `time`, by `key`; -1 before the first. */
function lastBefore(list, time, key) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(list[middle]) <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The bar that sounds at a time (the nearest where none does), or undefined in a song without bars. */
function barAt(time) {
  return bars[clamp(lastBefore(bars, time + 1e-3, (bar) => bar.start), 0, bars.length - 1)];
}

/** How far into its bar a time is: its slot, with a fraction, and its beat from 0. */
function slotAt(bar, time) {
  const beat = clamp(lastBefore(bar.beats, time + 1e-3, (at) => at), 0, bar.divisions.length - 1);
  const before = bar.divisions.slice(0, beat).reduce((sum, division) => sum + division, 0);
  const share = (time - bar.beats[beat]) / (bar.beats[beat + 1] - bar.beats[beat]);
  return { beat, slot: clamp(before + share * bar.divisions[beat], 0, bar.slots) };
}

/** Minutes and seconds, as 1:05. */
function clockText(time) {
  const whole = Math.max(0, Math.floor(time));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
