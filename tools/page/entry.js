// What the page takes from its libraries: notation and the waveform, as one global named Vendor.
import {
  Annotation, Articulation, Beam, Dot, Flow, Formatter, GhostNote, GraceNote, GraceNoteGroup, Parenthesis, Renderer,
  Stave, StaveNote, Tremolo, Tuplet, Voice,
} from "vexflow/bravura";

export { default as WaveSurfer } from "wavesurfer.js";
export const Vex = {
  Annotation, Articulation, Beam, Dot, Flow, Formatter, GhostNote, GraceNote, GraceNoteGroup, Parenthesis, Renderer,
  Stave, StaveNote, Tremolo, Tuplet, Voice,
};
