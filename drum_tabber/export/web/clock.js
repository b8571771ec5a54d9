// Where playing is: a clock that the recording drives, or one that runs by itself where there is no recording.

const RATES = [0.25, 1.5];

/** The bytes that text in base64 stands for. */
function bytesOf(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** The recording as a clock; slowed down, its pitch stays. */
class RecordingClock {
  constructor(source) {
    this.media = new Audio();
    this.media.preload = "auto";
    this.media.preservesPitch = true;
    this.media.src = source;
  }

  get time() {
    return this.media.currentTime;
  }

  set time(time) {
    this.media.currentTime = time;
  }

  get playing() {
    return !this.media.paused && !this.media.ended;
  }

  get rate() {
    return this.media.playbackRate;
  }

  set rate(rate) {
    this.media.playbackRate = rate;
    this.media.defaultPlaybackRate = rate;
    this.media.preservesPitch = true;
  }

  set muted(muted) {
    this.media.muted = muted;
  }

  play() {
    return this.media.play();
  }

  pause() {
    this.media.pause();
  }
}

/** A clock that counts seconds, for tabs without a recording. */
class FreeClock {
  constructor() {
    this.held = 0;
    this.since = null;
    this.speed = 1;
  }

  get time() {
    const run = this.since === null ? 0 : ((performance.now() - this.since) / 1000) * this.speed;
    return Math.min(this.held + run, content.duration);
  }

  set time(time) {
    this.held = time;
    if (this.since !== null) this.since = performance.now();
  }

  get playing() {
    return this.since !== null && this.time < content.duration;
  }

  get rate() {
    return this.speed;
  }

  set rate(rate) {
    this.time = this.time;
    this.speed = rate;
  }

  set muted(_) {}

  play() {
    this.since = performance.now();
    return Promise.resolve();
  }

  pause() {
    this.time = this.time;
    this.since = null;
  }
}

/** The clock of this page: by its recording, embedded or beside it, or by itself. */
function madeClock() {
  if (!content.audio) return new FreeClock();
  if (content.audio.link) return new RecordingClock(content.audio.link);
  const bytes = bytesOf(byId("audio").textContent.trim());
  return new RecordingClock(URL.createObjectURL(new Blob([bytes], { type: content.audio.type })));
}
