// Engraving a system: its bars as notation and, below, as the tab's rows, on one set of columns.

const { Vex, WaveSurfer } = Vendor;
const SVG = "http://www.w3.org/2000/svg";
const KEYS = { // where a drum stands in the staff, and its note head
  BD: "f/4", HP: "d/4/x2", SD: "c/5", SS: "c/5/x2", HH: "g/5/x2", HO: "g/5/x2", HT: "e/5", MT: "d/5", LT: "a/4",
  CC: "a/5/x2", SC: "b/5/x2", CH: "c/6/x3", RD: "f/5/x2", RB: "f/5/d2",
};
const FAMILY_KEYS = { kick: "f/4", snare: "c/5", hihat: "g/5/x2", tom: "d/5", cymbal: "a/5/x2" };
const STAFF = { above: 66, height: 40, below: 46, spare: 16 }; // pixels over, in and under the lines; over that, what may go
const ABOVE_STAVE = 40; // pixels between a VexFlow stave's y and its first line
const HEAD = 6; // half of a note head's width, pixels
const NAMES = { ghost: "ghost", accent: "accent" };
const HIDDEN = { fillStyle: "none", strokeStyle: "none" };
const DOUBT = { fillStyle: "var(--doubt)", strokeStyle: "var(--doubt)" };
const NO_BAR_LINE = 7; // as VexFlow numbers them
const LAST_BAR_LINE = 3;
const UP = Vex.StaveNote.STEM_UP;
const DOWN = Vex.StaveNote.STEM_DOWN;

function keyOf(code) {
  return KEYS[code] ?? FAMILY_KEYS[drumOf.get(code)?.family] ?? "c/5";
}

/** Height in the staff, for sorting a chord's keys from below. */
function heightOf(key) {
  const [name, octave] = key.split("/");
  return "cdefgab".indexOf(name) + 7 * Number(octave);
}

/** Where a bar line of a system stands: before its bar of that number, the last after them all. */
function barLine(system, number) {
  const last = number === system.bars.length;
  const bar = last ? number - 1 : number;
  const columns = last ? system.bars[bar].slots + 0.5 : -0.5;
  return system.x[bar] + columns * system.columns[bar];
}

/** The height of a row of the tab. */
function lineOf(system) {
  return clamp(Math.min(...system.columns) * 1.7, 13, 17);
}

/** Draw a system into its holder: {bars, x and columns (of each bar its left side and its columns' width), width}. */
function drawSystem(holder, system, shows) {
  const rows = shows.tab ? content.rows.filter((row) => system.bars.some((bar) => bar.rows[row])) : [];
  const staffHeight = shows.notation ? STAFF.above + STAFF.height + STAFF.below : 10;
  const line = lineOf(system);
  const height = staffHeight + (rows.length || shows.tab ? (rows.length + 1) * line + 10 : 0);
  const renderer = new Vex.Renderer(holder, Vex.Renderer.Backends.SVG);
  renderer.resize(system.width, height);
  const svg = holder.querySelector("svg");
  svg.setAttribute("aria-hidden", "true");
  svg.style.width = svg.style.height = ""; // the page's width is what counts
  if (shows.notation) drawStaff(renderer.getContext(), system);
  if (shows.tab) drawRows(svg, system, rows, staffHeight, line);
  const top = shows.notation ? Math.min(svg.getBBox().y - 8, STAFF.spare) : 0; // what stands highest needs its room
  svg.setAttribute("viewBox", `0 ${top} ${system.width} ${height - top}`);
  return height - top;
}

// ------------------------------------------------------------------------------------------------------------ notation

function drawStaff(context, system) {
  system.bars.forEach((bar, index) => {
    const left = index ? barLine(system, index) : 0;
    const right = barLine(system, index + 1);
    const stave = new Vex.Stave(left, STAFF.above - ABOVE_STAVE, right - left);
    stave.setStyle({ fillStyle: "var(--staff)", strokeStyle: "var(--staff)" });
    if (!index) {
      stave.addClef("percussion");
      if (system.signature) stave.addTimeSignature(`${bar.divisions.length}/${bar.unit}`);
    }
    stave.setBegBarType(NO_BAR_LINE);
    if (bar.index === bars.length - 1) stave.setEndBarType(LAST_BAR_LINE);
    stave.setContext(context).draw();
    drawBar(context, stave, bar, system.x[index], system.columns[index]);
  });
}

function drawBar(context, stave, bar, x, column) {
  const [hands, feet] = bar.voices;
  const centre = (slot) => x + (slot + 0.5) * column;
  const made = [
    hands.length && madeVoice(bar, hands, UP, feet.length ? "d/5" : "b/4"),
    feet.length && madeVoice(bar, feet, DOWN, "f/4"),
  ].filter(Boolean);
  if (!made.length) made.push(restingVoice(bar));
  const formatter = new Vex.Formatter();
  for (const { voice } of made) formatter.joinVoices([voice]);
  formatter.format(made.map(({ voice }) => voice), bar.slots * column);
  for (const { voice, slots } of made) {
    voice.getTickables().forEach((note, index) => {
      note.setStave(stave);
      const tick = note.getTickContext();
      tick.setX(tick.getX() + centre(slots[index]) - HEAD - note.getAbsoluteX());
    });
  }
  for (const { voice, beams, tuplets } of made) {
    for (const beam of beams) {
      beam.postFormatted = false; // stems are as long as their places say, which hold only now
      beam.postFormat();
    }
    voice.draw(context, stave);
    for (const beam of beams) beam.setContext(context).draw();
    levelled(tuplets);
    for (const tuplet of tuplets) tuplet.setContext(context).draw();
  }
}

/** Let the brackets of a bar's tuplets lie in one line: as far out as the one that has to be farthest. */
function levelled(tuplets) {
  const heights = tuplets.map((tuplet) => tuplet.getYPosition());
  tuplets.forEach((tuplet, index) => {
    const out = tuplet.options.location === Vex.Tuplet.LOCATION_TOP ? Math.min(...heights) : Math.max(...heights);
    tuplet.options.y_offset = (tuplet.options.y_offset || 0) + out - heights[index];
  });
}

function restingVoice(bar) {
  const rest = new Vex.StaveNote({ keys: ["d/5"], duration: "1r", clef: "percussion" });
  return { voice: softVoice([rest]), slots: [(bar.slots - 1) / 2], beams: [], tuplets: [] };
}

function softVoice(notes) {
  return new Vex.Voice({ num_beats: 4, beat_value: 4 }).setMode(Vex.Voice.Mode.SOFT).addTickables(notes);
}

function madeVoice(bar, groups, stem, restKey) {
  const notes = [];
  const slots = [];
  const beams = [];
  const tuplets = [];
  for (const [tuplet, written] of groups) {
    const made = written.map((note) => madeNote(bar, note, stem, restKey));
    notes.push(...made);
    slots.push(...written.map(([slot]) => slot));
    for (const run of beamRuns(written)) beams.push(beamed(run.map((index) => made[index])));
    if (tuplet) tuplets.push(madeTuplet(made, tuplet, stem, written));
  }
  return { voice: softVoice(notes), slots, beams, tuplets };
}

/** The notes of a group that hang on one beam: indices of runs shorter than a quarter, from a stroke to a stroke. */
function beamRuns(written) {
  const runs = [[]];
  written.forEach(([, base], index) => (base > 4 ? runs[runs.length - 1].push(index) : runs.push([])));
  const played = (index) => written[index][3].length > 0;
  return runs
    .map((run) => run.slice(run.findIndex(played), run.findLastIndex(played) + 1))
    .filter((run) => run.filter(played).length > 1);
}

function beamed(notes) {
  const beam = new Vex.Beam(notes);
  beam.render_options.flat_beams = true;
  return beam;
}

function madeTuplet(notes, [n, m], stem, written) {
  const joined = written.every(([, base, , strokes]) => base > 4 && strokes.length);
  return new Vex.Tuplet(notes, {
    num_notes: n, notes_occupied: m, bracketed: !joined, ratioed: false,
    location: stem === UP ? Vex.Tuplet.LOCATION_TOP : Vex.Tuplet.LOCATION_BOTTOM,
  });
}

function madeNote(bar, [, base, dots, strokes, hidden], stem, restKey) {
  const duration = `${base}${"d".repeat(dots)}`;
  if (!strokes.length) {
    const rest = new Vex.StaveNote({ keys: [restKey], duration: `${duration}r`, clef: "percussion" });
    if (dots && !hidden) Vex.Dot.buildAndAttach([rest], { all: true });
    return hidden ? rest.setStyle(HIDDEN) : rest;
  }
  const chord = strokes.map((index) => bar.strokes[index]).sort((a, b) => heightOf(keyOf(a[1])) - heightOf(keyOf(b[1])));
  const keys = chord.map((stroke) => keyOf(stroke[1]));
  const note = new Vex.StaveNote({ keys, duration, stem_direction: stem, clef: "percussion" });
  if (dots) Vex.Dot.buildAndAttach([note], { all: true });
  chord.forEach((stroke, index) => mark(note, index, stroke, keys[index], stem));
  return note;
}

/** What a stroke has beside its place: ghost, accent, opening, flam, drag, roll, choke; and that it is doubtful. */
function mark(note, index, stroke, key, stem) {
  const [, drum, dynamic, articulation] = stroke;
  const { ABOVE, BELOW, LEFT, RIGHT } = { ABOVE: 3, BELOW: 4, LEFT: 1, RIGHT: 2 };
  const side = stem === UP ? ABOVE : BELOW;
  const signed = (sign) => note.addModifier(new Vex.Articulation(sign).setPosition(side), index);
  const said = (text) => {
    const annotation = new Vex.Annotation(text).setFont("Arial", 9, "normal", "italic");
    note.addModifier(annotation.setVerticalJustification(stem === UP ? 1 : 3), index);
  };
  if (isDoubtful(stroke)) note.setKeyStyle(index, DOUBT);
  if (drum === "HO" && articulation !== "half-open") signed("ah");
  if (articulation === "half-open") said("\u00f8");
  if (articulation === "choke") said("choke");
  if (articulation === "roll") note.addModifier(new Vex.Tremolo(3), index);
  if (dynamic === "accent" && !note.accented) signed("a>");
  note.accented ||= dynamic === "accent";
  if (dynamic === "ghost") {
    note.addModifier(new Vex.Parenthesis(LEFT), index);
    note.addModifier(new Vex.Parenthesis(RIGHT), index);
  }
  if (articulation === "flam" || articulation === "drag") {
    const graces = articulation === "flam" ? [["8", true]] : [["16", false], ["16", false]];
    const made = graces.map(([duration, slash]) => new Vex.GraceNote({ keys: [key], duration, slash, stem_direction: UP }));
    const group = new Vex.GraceNoteGroup(made, false);
    note.addModifier(made.length > 1 ? group.beamNotes() : group, index);
  }
}

// ----------------------------------------------------------------------------------------------------------------- tab

function drawRows(svg, system, rows, top, line) {
  const size = Math.min(15, Math.min(...system.columns) * 1.5, line * 0.94);
  rows.forEach((row, index) => {
    drawRow(svg, system, row, top + (index + 0.8) * line, size, (bar) => bar.rows[row] ?? "-".repeat(bar.slots), row);
  });
  drawRow(svg, system, "", top + (rows.length + 0.8) * line, size * 0.88, (bar) => bar.count, null);
}

/** A row of the tab as one text, each character at its column's place; rests and doubtful hits are classes. */
function drawRow(svg, system, label, y, size, charactersOf, row) {
  const places = [];
  const runs = [];
  const add = (character, x, kind) => {
    places.push(x.toFixed(1));
    const last = runs[runs.length - 1];
    if (last && last.kind === kind) last.text += character;
    else runs.push({ kind, text: character });
  };
  system.bars.forEach((bar, index) => {
    if (row !== null && !index) add("|", barLine(system, 0), "line");
    const doubtful = new Set(bar.strokes.filter((stroke) => isDoubtful(stroke) && drumOf.get(stroke[1]).row === row).map(([slot]) => slot));
    [...charactersOf(bar)].forEach((character, slot) => {
      const kind = row === null ? "count" : character === "-" ? "rest" : doubtful.has(slot) ? "doubt" : "hit";
      add(character, system.x[index] + (slot + 0.5) * system.columns[index], kind);
    });
    if (row !== null) add("|", barLine(system, index + 1), "line");
  });
  if (label) svg.append(textNode(label, { x: 4, y, "font-size": size, class: "label" }));
  const text = textNode("", { x: places.join(" "), y, "font-size": size, class: "row", "text-anchor": "middle" });
  for (const run of runs) {
    const span = document.createElementNS(SVG, "tspan");
    span.setAttribute("class", run.kind);
    span.textContent = run.text;
    text.append(span);
  }
  svg.append(text);
}

function textNode(text, attributes) {
  const node = document.createElementNS(SVG, "text");
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}
