// The drum roll: a lane a drum, every hit at its time, under the outline of the sound; it runs past a standing line.

const HEADER = 20; // pixels for bar numbers
const HERE = 0.28; // where the standing line is, of the width
const FLASH = 0.12; // seconds a hit glows once it sounds

class Roll {
  constructor(player) {
    this.player = player;
    this.holder = byId("roll");
    this.canvas = byId("roll-canvas");
    this.pen = this.canvas.getContext("2d");
    this.peaks = content.audio ? bytesOf(content.audio.peaks) : new Uint8Array(0);
    this.lanes = new Map(content.drums.map((drum, index) => [drum.code, index]));
    this.perSecond = 120;
    this.makeLabels();
    this.recolour();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    this.listen();
  }

  makeLabels() {
    const buttons = content.drums.map((drum) => {
      const button = element("button", { text: drum.label, attributes: { type: "button", "aria-pressed": "true", title: `${drum.name}: press to leave it out of the rendered drums`, "aria-label": drum.name } });
      button.dataset.family = drum.family;
      button.addEventListener("click", () => {
        const { muted } = this.player.kit;
        const silent = !muted.has(drum.code);
        if (silent) muted.add(drum.code);
        else muted.delete(drum.code);
        button.setAttribute("aria-pressed", String(!silent));
        this.player.resync();
        this.draw();
      });
      return button;
    });
    byId("lanes").append(...buttons);
    this.holder.style.setProperty("--lanes", Math.max(1, content.drums.length));
    this.holder.hidden = content.drums.length === 0;
  }

  recolour() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = ["kick", "snare", "hihat", "tom", "cymbal", "doubt", "accent", "ink", "faint", "grid", "paper", "wave"];
    this.colours = Object.fromEntries(names.map((name) => [name, colour(name)]));
    this.draw();
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    if (!clientWidth) return;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.perSecond = clamp(clientWidth / 9, 60, 150);
    this.draw();
  }

  listen() {
    let from = null;
    const timeAt = (event) => this.start + event.offsetX / this.perSecond;
    this.canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.offsetX, time: this.player.time, moved: false };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!from) return;
      from.moved ||= Math.abs(event.offsetX - from.x) > 4;
      if (from.moved) this.player.seek(from.time - (event.offsetX - from.x) / this.perSecond);
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (from && !from.moved) this.player.seek(timeAt(event));
      from = null;
    });
    this.canvas.addEventListener("pointercancel", () => {
      from = null;
    });
  }

  get start() {
    return this.player.time - (this.canvas.clientWidth * HERE) / this.perSecond;
  }

  draw() {
    const { pen, colours } = this;
    const width = this.canvas.clientWidth;
    const height = this.canvas.clientHeight;
    if (!width || !colours) return;
    const { start } = this;
    const end = start + width / this.perSecond;
    const x = (time) => (time - start) * this.perSecond;
    pen.clearRect(0, 0, width, height);
    const lane = (height - HEADER) / Math.max(1, this.lanes.size);
    this.drawWave(start, width, height);
    this.drawGrid(start, end, x, height, lane, width);
    for (let index = lastBefore(hits, start - 1, (hit) => hit.time) + 1; index < hits.length && hits[index].time < end + 0.1; index += 1) {
      this.drawHit(hits[index], x(hits[index].time), lane);
    }
    pen.fillStyle = colours.accent;
    pen.fillRect(width * HERE - 1, 0, 2, height);
  }

  drawWave(start, width, height) {
    if (!this.peaks.length) return;
    const { pen } = this;
    const rate = content.audio.peaks_per_second;
    const middle = HEADER + (height - HEADER) / 2;
    pen.fillStyle = this.colours.wave;
    for (let pixel = 0; pixel < width; pixel += 2) {
      const at = Math.floor((start + pixel / this.perSecond) * rate);
      if (at < 0 || at >= this.peaks.length) continue;
      const reach = ((this.peaks[at] / 255) * (height - HEADER)) / 2;
      pen.fillRect(pixel, middle - reach, 1.4, reach * 2);
    }
  }

  drawGrid(start, end, x, height, lane, width) {
    const { pen, colours } = this;
    const { on, from, to } = this.player.loop;
    if (on && bars.length) {
      pen.fillStyle = colours.accent;
      pen.globalAlpha = 0.12;
      pen.fillRect(x(bars[from].start), 0, x(bars[to].end) - x(bars[from].start), height);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = colours.grid;
    for (let index = 0; index <= this.lanes.size; index += 1) pen.fillRect(0, HEADER + index * lane - 0.5, width, 1);
    pen.font = "600 11px system-ui, sans-serif";
    pen.textBaseline = "middle";
    for (let index = Math.max(0, lastBefore(bars, start, (bar) => bar.start)); index < bars.length && bars[index].start < end; index += 1) {
      const bar = bars[index];
      bar.beats.slice(0, -1).forEach((time, beat) => {
        pen.fillStyle = beat ? colours.grid : colours.faint;
        pen.fillRect(x(time) - 0.5, beat ? HEADER : 4, 1, height);
      });
      pen.fillStyle = colours.faint;
      pen.fillText(String(index + 1), x(bar.start) + 5, HEADER / 2 + 1);
    }
    const last = bars[bars.length - 1];
    if (last && last.end < end) {
      pen.fillStyle = colours.faint;
      pen.fillRect(x(last.end) - 0.5, 4, 1, height);
    }
  }

  drawHit(hit, at, lane) {
    const row = this.lanes.get(hit.drum);
    if (row === undefined) return;
    const { pen, colours } = this;
    const tall = (lane - 3) * (0.45 + 0.55 * (hit.velocity / 127));
    const wide = clamp(lane * 0.5, 5, 10);
    const middle = HEADER + (row + 0.5) * lane;
    const since = (this.player.time - hit.time) / FLASH;
    const colour = hit.doubtful ? colours.doubt : colours[drumOf.get(hit.drum).family] ?? colours.ink;
    pen.globalAlpha = this.player.kit.muted.has(hit.drum) ? 0.25 : 1;
    if (since >= 0 && since < 1) {
      pen.globalAlpha *= 0.35 * (1 - since);
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(at + wide / 2, middle, lane * (0.5 + 0.35 * since), 0, 7);
      pen.fill();
      pen.globalAlpha = this.player.kit.muted.has(hit.drum) ? 0.25 : 1;
    }
    pen.beginPath();
    pen.roundRect(at - 1, middle - tall / 2, wide, tall, 2.5);
    pen.fillStyle = hit.doubtful ? colours.paper : colour;
    pen.fill();
    if (hit.doubtful) {
      pen.strokeStyle = colour;
      pen.lineWidth = 1.6;
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }
}
