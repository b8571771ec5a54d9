// The whole song at a glance: its waveform, its sections, the loop and the doubtful hits; a slider to go anywhere.

const PEAKS = 1200; // drawn at most

class Overview {
  constructor(player) {
    this.player = player;
    this.seek = byId("seek");
    this.seek.max = content.duration.toFixed(2);
    this.seek.addEventListener("input", () => player.seek(Number(this.seek.value)));
    this.drawParts();
    this.drawDoubts();
    this.wave = WaveSurfer.create({
      container: byId("wave"), peaks: [this.peaks()], duration: content.duration, height: "auto", interact: false,
      barWidth: 2, barGap: 1, barRadius: 2, cursorWidth: 2, normalize: true, cspNonce: "waveform", hideScrollbar: true,
    });
    this.recolour();
  }

  /** The recording's outline over the whole song; the strength of the hits where there is no recording. */
  peaks() {
    const peaks = new Float32Array(Math.min(PEAKS, Math.max(200, Math.round(content.duration * 20))));
    const raise = (time, level) => {
      const at = Math.floor((time / content.duration) * peaks.length);
      if (at >= 0 && at < peaks.length) peaks[at] = Math.max(peaks[at], level);
    };
    if (content.audio) {
      const rate = content.audio.peaks_per_second;
      bytesOf(content.audio.peaks).forEach((level, index) => raise(index / rate, level / 255));
    } else {
      for (const { time, velocity } of hits) raise(time, velocity / 127);
    }
    return peaks;
  }

  drawParts() {
    const parts = content.sections.map(({ name, bar, bars: n }) => {
      const first = bars[bar];
      const last = bars[Math.min(bar + n, bars.length) - 1];
      const button = element("button", { text: name, attributes: { type: "button", title: `${name}: bars ${bar + 1} to ${last.index + 1}; with Shift, loop it` } });
      spread(button, first.start, last.end);
      button.addEventListener("click", (event) => {
        if (event.shiftKey) this.player.setLoop(bar, last.index);
        this.player.seek(first.start);
      });
      return button;
    });
    byId("parts").append(...parts);
    byId("parts").hidden = !parts.length;
  }

  drawDoubts() {
    const ticks = doubtfulHits.map((hit) => {
      const tick = element("i");
      tick.style.left = `${(hit.time / content.duration) * 100}%`;
      return tick;
    });
    byId("doubts").append(...ticks);
  }

  recolour() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.wave.setOptions({ waveColor: colour("wave-ahead"), progressColor: colour("accent"), cursorColor: colour("accent") });
  }

  update() {
    const { time } = this.player;
    this.seek.value = time;
    const bar = barAt(time);
    this.seek.setAttribute("aria-valuetext", `${bar ? `bar ${bar.index + 1}, ` : ""}${clockText(time)} of ${clockText(content.duration)}`);
    this.wave.setTime(time);
  }

  markLoop() {
    const { on, from, to } = this.player.loop;
    const span = byId("loop-span");
    span.hidden = !on || !bars.length;
    if (span.hidden) return;
    spread(span, bars[from].start, bars[to].end);
  }
}

/** Put an element over a stretch of the song; a first bar may begin before its recording does. */
function spread(node, start, end) {
  const [left, right] = [start, end].map((time) => (clamp(time, 0, content.duration) / content.duration) * 100);
  node.style.left = `${left}%`;
  node.style.width = `${right - left}%`;
}
