// Playing: the clock, the loop, the speed, and the hits and clicks that are due.

const AHEAD = 0.15; // seconds that sounds are scheduled ahead
const LATE = 1.6; // seconds after a loop's end in which it still jumps back: hidden pages look but once a second
const EVERY = 25; // milliseconds between looks at what is due

class Player extends EventTarget {
  constructor(clock, kit) {
    super();
    this.clock = clock;
    this.kit = kit;
    this.hear = clock.media ? "song" : "drums"; // or "both"
    this.clicking = false;
    this.countIn = false;
    this.loop = { on: false, from: 0, to: Math.max(0, Math.min(3, bars.length - 1)) };
    this.due = 0; // up to which time of the song hits and clicks are scheduled
    this.starting = null; // while it counts in
    this.ran = false; // whether the clock ran at the last look
    this.beats = bars.flatMap((bar) => bar.beats.slice(0, -1).map((time, beat) => ({ time, strong: beat === 0 })));
    setInterval(() => this.look(), EVERY);
  }

  get time() {
    return this.clock.time;
  }

  get playing() {
    return this.clock.playing || this.starting !== null;
  }

  get rate() {
    return this.clock.rate;
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  async play() {
    if (this.playing) return;
    if (this.loop.on && !this.inLoop(this.time)) this.seek(bars[this.loop.from].start);
    if (this.time >= content.duration - 0.05) this.seek(0);
    await this.kit.wake();
    if (this.countIn && bars.length) await this.countedIn();
    else await this.started();
    this.resync();
    this.changed();
  }

  /** Start the clock; one whose recording can't be played stays where it is. */
  async started() {
    await this.clock.play().catch(() => this.clock.pause());
  }

  /** Go on with another clock, from where this one is. */
  setClock(clock) {
    const { time, rate } = this;
    this.pause();
    this.clock = clock;
    clock.rate = rate;
    clock.time = time;
    this.setHear(this.hear);
  }

  /** Click one bar at the speed of the one that comes, then start. */
  async countedIn() {
    const bar = barAt(this.time);
    const beat = (bar.end - bar.start) / bar.divisions.length / this.rate;
    bar.divisions.forEach((_, index) => this.kit.tick(index === 0, index * beat));
    const counted = new Promise((resolve) => {
      this.starting = setTimeout(() => resolve(true), bar.divisions.length * beat * 1000);
      this.stopStarting = () => resolve(false);
    });
    this.changed();
    if (!(await counted)) return;
    this.starting = null;
    await this.started();
  }

  pause() {
    if (this.starting !== null) {
      clearTimeout(this.starting);
      this.starting = null;
      this.stopStarting();
    }
    this.clock.pause();
    this.kit.cancel();
    this.changed();
  }

  toggle() {
    return this.playing ? this.pause() : this.play();
  }

  seek(time) {
    this.clock.time = clamp(time, 0, content.duration);
    this.resync();
    this.dispatchEvent(new Event("seek"));
  }

  /** To another bar, by steps; going back within a bar's first moments goes to the bar before. */
  step(bars_) {
    if (!bars.length) return this.seek(this.time + bars_ * 2);
    const bar = barAt(this.time);
    const late = this.time - bar.start > 0.35 && bars_ < 0;
    return this.seek(bars[clamp(bar.index + bars_ + (late ? 1 : 0), 0, bars.length - 1)].start);
  }

  setRate(rate) {
    this.clock.rate = clamp(Math.round(rate * 100) / 100, ...RATES);
    this.resync();
    this.changed();
  }

  setHear(hear) {
    this.hear = this.clock.media ? hear : "drums";
    this.clock.muted = this.hear === "drums";
    this.resync();
    this.changed();
  }

  /** Loop from one bar to another, both within; either order. */
  setLoop(from, to, on = true) {
    if (!bars.length) return;
    const [first, last] = [from, to].map((bar) => clamp(bar, 0, bars.length - 1)).sort((a, b) => a - b);
    this.loop = { on, from: first, to: last };
    if (on && this.playing && !this.inLoop(this.time)) this.seek(bars[first].start);
    this.resync();
    this.changed();
  }

  inLoop(time) {
    return time >= bars[this.loop.from].start - 0.02 && time < bars[this.loop.to].end;
  }

  get loopEnd() {
    return this.loop.on && bars.length ? bars[this.loop.to].end : Infinity;
  }

  /** Whatever was scheduled no longer holds: go on from here. */
  resync() {
    this.kit.cancel();
    this.due = this.time;
  }

  /** Jump back at the loop's end, and schedule what is due. */
  look() {
    if (this.clock.playing !== this.ran) {
      this.ran = this.clock.playing;
      this.changed();
    }
    if (!this.ran) return;
    let now = this.clock.time;
    if (now >= this.loopEnd && now < this.loopEnd + LATE) {
      this.clock.time = bars[this.loop.from].start;
      this.due = now = bars[this.loop.from].start;
      this.dispatchEvent(new Event("loop"));
    }
    const until = Math.min(now + AHEAD * this.rate, this.loopEnd);
    const from = Math.max(this.due, now - 0.03);
    if (until <= from || !this.kit.context) return;
    if (this.hear !== "song") {
      for (const hit of this.between(hits, from, until)) this.kit.hit(hit, (hit.time - now) / this.rate);
    }
    if (this.clicking) {
      for (const beat of this.between(this.beats, from, until)) this.kit.tick(beat.strong, (beat.time - now) / this.rate);
    }
    this.due = until;
  }

  between(list, from, until) {
    const after = (time) => lastBefore(list, time - 1e-9, (item) => item.time) + 1;
    return list.slice(after(from), after(until));
  }
}
