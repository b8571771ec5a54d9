// The rendered drums and the metronome, by Web Audio, scheduled a little ahead of the clock.

const SILENT_START = 0.001; // of full scale: what comes before in a sound is the coder's padding
const CHOKE = 0.08; // seconds in which a closing hat or a hand stops a cymbal
const RINGS = new Set(["HO"]);
const STOPPERS = new Set(["HH", "HP"]);

class Kit {
  constructor() {
    this.context = null;
    this.layers = new Map();
    this.muted = new Set(); // codes of drums left out
    this.scheduled = []; // what has been started or will be: {source, gain, drum, when}
    this.played = 0; // hits scheduled since the page was opened
    this.level = 1;
  }

  /** Wake the audio up; browsers allow it after a gesture only. */
  async wake() {
    if (!this.context) {
      this.context = new AudioContext({ latencyHint: "interactive" });
      this.drums = new GainNode(this.context, { gain: this.level });
      this.clicks = new GainNode(this.context, { gain: 0.5 });
      this.analyser = new AnalyserNode(this.context, { fftSize: 2048 });
      const limiter = new DynamicsCompressorNode(this.context, { threshold: -6, ratio: 12, attack: 0.002, knee: 4 });
      this.drums.connect(limiter);
      this.clicks.connect(limiter);
      limiter.connect(this.analyser).connect(this.context.destination);
      this.loaded = this.load();
    }
    if (this.context.state === "suspended") await this.context.resume();
    await this.loaded;
  }

  async load() {
    const sounds = JSON.parse(byId("kit").textContent);
    const decoded = sounds.map(async ({ drum, from, data }) => {
      const buffer = await this.context.decodeAudioData(bytesOf(data).buffer);
      const samples = buffer.getChannelData(0);
      const first = samples.findIndex((sample) => Math.abs(sample) > SILENT_START);
      return { drum, from, buffer, offset: Math.max(0, first) / buffer.sampleRate };
    });
    for (const layer of await Promise.all(decoded)) {
      const layers = [...(this.layers.get(layer.drum) ?? []), layer];
      this.layers.set(layer.drum, layers.sort((a, b) => b.from - a.from));
    }
  }

  /** The context's time at which something has to start to be heard `seconds` from now. */
  whenIn(seconds) {
    const latency = this.context.outputLatency || this.context.baseLatency || 0;
    return Math.max(this.context.currentTime, this.context.currentTime + seconds - latency);
  }

  setLevel(level) {
    this.level = level;
    if (this.drums) this.drums.gain.value = level;
  }

  /** Play one hit `seconds` from now. */
  hit({ drum, velocity, choked }, seconds) {
    const layers = this.layers.get(drum);
    if (!layers || this.muted.has(drum)) return;
    const layer = layers.find(({ from }) => velocity >= from) ?? layers[layers.length - 1];
    const when = this.whenIn(seconds);
    if (STOPPERS.has(drum)) this.stopRinging(when);
    const source = new AudioBufferSourceNode(this.context, { buffer: layer.buffer });
    const gain = new GainNode(this.context, { gain: 0.1 + 0.9 * (velocity / 127) ** 1.6 });
    source.connect(gain).connect(this.drums);
    source.start(when, layer.offset);
    if (choked) gain.gain.setTargetAtTime(0, when + 0.15, CHOKE / 3);
    this.keep({ source, gain, drum, when });
    this.played += 1;
  }

  /** One tick of the metronome `seconds` from now. */
  tick(strong, seconds) {
    const when = this.whenIn(seconds);
    const source = new OscillatorNode(this.context, { type: "triangle", frequency: strong ? 1760 : 1175 });
    const gain = new GainNode(this.context, { gain: 0 });
    gain.gain.setValueAtTime(strong ? 0.9 : 0.6, when);
    gain.gain.exponentialRampToValueAtTime(0.001, when + 0.06);
    source.connect(gain).connect(this.clicks);
    source.start(when);
    source.stop(when + 0.07);
    this.keep({ source, gain, drum: "", when });
  }

  keep(sound) {
    this.scheduled.push(sound);
    sound.source.onended = () => {
      this.scheduled = this.scheduled.filter((other) => other !== sound);
      sound.gain.disconnect();
    };
  }

  /** A closing hat stops an open one. */
  stopRinging(when) {
    for (const { drum, gain, when: started } of this.scheduled) {
      if (RINGS.has(drum) && started < when) gain.gain.setTargetAtTime(0, when, CHOKE / 3);
    }
  }

  /** Forget what has not sounded yet; what rings fades. */
  cancel() {
    if (!this.context) return;
    for (const { source, gain, when } of this.scheduled) {
      if (when > this.context.currentTime) source.stop();
      else gain.gain.setTargetAtTime(0, this.context.currentTime, CHOKE);
    }
  }
}
