// The score: systems of bars as wide as the page, each bar a button, and a cursor that goes along.

const LEAST_COLUMN = 8.6; // pixels a slot has at least
const BARS_PER_SYSTEM = 4;
const PRINT_WIDTH = 1060;
const DRAWING = 8; // milliseconds of a frame

/** How many columns' width a bar takes: its own, with one for the bar line, but a quarter has four at least. */
function wide(bar) {
  return Math.max(bar.slots, (16 / bar.unit) * bar.divisions.length) + 1;
}

class Score {
  constructor(player) {
    this.player = player;
    this.main = byId("score");
    this.holder = byId("systems");
    this.shows = { notation: true, tab: true };
    this.cursor = element("div", { className: "cursor", attributes: { "aria-hidden": "true" } });
    this.now = null; // the bar that is lit
    this.followed = true; // whether the page scrolls along
    this.buttons = [];
    this.width = 0;
    this.rule = element("div"); // as wide as a system
    this.dragFrom = null;
    this.waiting = new Set(); // systems that are to be drawn
    this.drawing = 0; // the frame that goes on with them
    this.holder.append(this.rule);
    new ResizeObserver(() => this.layOut()).observe(this.main);
    this.drawer = new IntersectionObserver((entries) => this.drawSeen(entries), { root: this.main, rootMargin: "600px" });
    this.main.addEventListener("wheel", () => this.letGo(), { passive: true });
    this.main.addEventListener("touchmove", () => this.letGo(), { passive: true });
    addEventListener("pointerup", () => this.endDrag());
  }

  /** The reader scrolls: the page stays there until the next jump or pause. */
  letGo() {
    this.followed = false;
  }

  show(view) {
    this.shows = { notation: view !== "tab", tab: view !== "notation" };
    this.layOut(true);
  }

  /** Lay out for a width, if it is another than before. */
  layOut(anyway = false, width = Math.floor(this.rule.getBoundingClientRect().width)) {
    if (!width || (width === this.width && !anyway)) return;
    this.width = width;
    this.drawer.disconnect();
    this.waiting.clear();
    this.buttons = [];
    this.systems = this.split(width);
    this.holder.replaceChildren(this.rule, ...this.systems.map((system, index) => this.madeSystem(system, index)));
    if (!bars.length) this.holder.append(element("p", { className: "nothing", text: "No drums were heard." }));
    this.now = null;
    this.update();
    this.markLoop();
  }

  /** The bars in systems that share a section and a metre and fit the width; columns as wide as they can be. */
  split(width) {
    const margin = clamp(width * 0.07, 62, 74);
    const columns = (list) => list.reduce((sum, bar) => sum + wide(bar), 0);
    const starts = new Set(content.sections.map(({ bar }) => bar));
    const room = width - margin - 2;
    const groups = [];
    for (const bar of bars) {
      const group = groups[groups.length - 1];
      const metre = (one) => `${one.divisions.length}/${one.unit}`;
      const fits = group && group.length < BARS_PER_SYSTEM && columns([...group, bar]) * LEAST_COLUMN <= room;
      if (fits && !starts.has(bar.index) && metre(group[0]) === metre(bar)) group.push(bar);
      else groups.push([bar]);
    }
    const widest = Math.max(...groups.map(columns), 1);
    return groups.map((group, index) => {
      const column = Math.min(room / columns(group), Math.max(room / widest, 1) * 1.12);
      const lefts = group.map((_, place) => margin + columns(group.slice(0, place)) * column);
      const own = group.map((bar) => (wide(bar) / (bar.slots + 1)) * column);
      const before = index ? groups[index - 1][0] : null;
      const signature = !before || before.divisions.length !== group[0].divisions.length || before.unit !== group[0].unit;
      return { bars: group, x: lefts, columns: own, width, signature, height: 0 };
    });
  }

  madeSystem(system, index) {
    const first = system.bars[0];
    const section = content.sections.find(({ bar }) => bar === first.index);
    const made = element("section", { className: "system", attributes: { "aria-label": `Bars ${first.index + 1} to ${first.index + system.bars.length}` } });
    if (section) made.append(element("h2", { className: "section", text: section.name }));
    system.picture = element("div", { className: "picture" });
    system.picture.append(element("span", { className: "number", text: String(first.index + 1), attributes: { "aria-hidden": "true" } }));
    system.bars.forEach((bar, place) => system.picture.append(this.madeButton(bar, system, place)));
    const rows = content.rows.filter((row) => system.bars.some((bar) => bar.rows[row])).length + 1;
    const guess = (this.shows.notation ? STAFF.above + STAFF.height + STAFF.below - STAFF.spare : 10) + (this.shows.tab ? rows * lineOf(system) + 10 : 0);
    system.picture.style.aspectRatio = `${system.width} / ${guess}`;
    made.append(system.picture);
    made.dataset.system = index;
    this.drawer.observe(made);
    return made;
  }

  madeButton(bar, system, place) {
    const button = element("button", { className: "bar", attributes: { type: "button", tabindex: "-1", "aria-label": spokenBar(bar) } });
    const [left, right] = [barLine(system, place), barLine(system, place + 1)];
    button.style.left = `${(left / system.width) * 100}%`;
    button.style.width = `${((right - left) / system.width) * 100}%`;
    button.addEventListener("click", (event) => {
      if (event.shiftKey) this.player.setLoop(this.now?.index ?? bar.index, bar.index);
      else if (!this.dragged) this.jump(bar);
    });
    button.addEventListener("pointerdown", (event) => {
      this.dragged = false;
      if (event.pointerType === "mouse" && event.button === 0 && !event.shiftKey) this.dragFrom = bar.index;
    });
    button.addEventListener("pointerenter", () => {
      if (this.dragFrom === null || this.dragFrom === bar.index) return;
      this.dragged = true;
      this.player.setLoop(this.dragFrom, bar.index);
    });
    this.buttons[bar.index] = button;
    return button;
  }

  endDrag() {
    this.dragFrom = null;
  }

  jump(bar) {
    this.followed = true;
    this.player.seek(bar.start);
  }

  /** Systems that come near are drawn, those that are gone by again are not. */
  drawSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      const system = this.systems[Number(target.dataset.system)];
      if (isIntersecting && !system.height) this.waiting.add(system);
      else this.waiting.delete(system);
    }
    this.drawWaiting();
  }

  /** Draw what waits, for a part of a frame at a time, so that sound and cursor go on. */
  drawWaiting() {
    const start = performance.now();
    for (const system of this.waiting) {
      this.waiting.delete(system);
      this.draw(system);
      if (performance.now() - start > DRAWING) break;
    }
    cancelAnimationFrame(this.drawing);
    if (this.waiting.size) this.drawing = requestAnimationFrame(() => this.drawWaiting());
  }

  draw(system) {
    if (system.height) return;
    system.height = drawSystem(system.picture, system, this.shows);
    system.picture.style.aspectRatio = `${system.width} / ${system.height}`;
  }

  drawAll() {
    for (const system of this.systems) this.draw(system);
  }

  /** Light the bar that sounds, put the cursor into it, and scroll there. */
  update() {
    const bar = barAt(this.player.time);
    if (!bar || !this.systems) return;
    const system = this.systems.find(({ bars: held }) => held[0].index <= bar.index && bar.index < held[0].index + held.length);
    const { slot } = slotAt(bar, this.player.time);
    const place = bar.index - system.bars[0].index;
    const x = system.x[place] + (slot + 0.5) * system.columns[place];
    this.cursor.style.left = `${(x / system.width) * 100}%`;
    if (bar === this.now) return;
    this.buttons[this.now?.index]?.classList.remove("now");
    this.buttons[this.now?.index]?.setAttribute("tabindex", "-1");
    this.buttons[bar.index].classList.add("now");
    this.buttons[bar.index].setAttribute("tabindex", "0");
    if (this.now && document.activeElement === this.buttons[this.now.index]) this.buttons[bar.index].focus({ preventScroll: true });
    this.now = bar;
    if (this.cursor.parentElement !== system.picture) {
      system.picture.append(this.cursor);
      this.scrollTo(system);
    }
  }

  scrollTo(system) {
    if (!this.followed) return;
    const box = system.picture.parentElement.getBoundingClientRect();
    const view = this.main.getBoundingClientRect();
    if (box.top >= view.top && box.bottom + box.height <= view.bottom) return;
    const far = box.top > view.bottom + 2 * view.height || box.bottom < view.top - 2 * view.height;
    const still = far || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = this.main.scrollTop + box.top - view.top - Math.min(view.height * 0.12, 60);
    this.main.scrollTo({ top, behavior: still ? "instant" : "smooth" });
  }

  follow() {
    this.followed = true;
    const system = this.systems?.find(({ bars: held }) => held.includes(this.now));
    if (system) this.scrollTo(system);
  }

  markLoop() {
    const { on, from, to } = this.player.loop;
    this.buttons.forEach((button, index) => {
      button.classList.toggle("looped", on && from <= index && index <= to);
      button.classList.toggle("loop-first", on && index === from);
      button.classList.toggle("loop-last", on && index === to);
    });
  }
}

/** A bar in words: what each drum plays, on which beats. */
function spokenBar(bar) {
  const beatOf = [];
  bar.divisions.forEach((division, beat) => {
    for (let part = 0; part < division; part += 1) beatOf.push(spokenPlace(beat, part, division));
  });
  const byDrum = new Map();
  for (const stroke of bar.strokes) {
    const [slot, code, dynamic, articulation] = stroke;
    const words = [beatOf[slot], NAMES[dynamic], articulation, isDoubtful(stroke) ? "doubtful" : ""];
    byDrum.set(code, [...(byDrum.get(code) ?? []), words.filter(Boolean).join(" ")]);
  }
  const parts = [...byDrum].map(([code, places]) => `${drumOf.get(code)?.name ?? code} ${places.join(", ")}`);
  const where = bar.section ? `, ${bar.section}` : "";
  return `Bar ${bar.index + 1}${where}: ${parts.join("; ") || "rest"}`;
}

/** A place as drummers count it: 2, 2 e, 2 and, 2 a; in other divisions 2 and a fraction. */
function spokenPlace(beat, part, division) {
  if (!part) return String(beat + 1);
  const counted = { 2: ["", "and"], 4: ["", "e", "and", "a"], 3: ["", "trip", "let"] }[division];
  return counted ? `${beat + 1} ${counted[part]}` : `${beat + 1} ${part}/${division}`;
}
