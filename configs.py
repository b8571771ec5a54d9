"""Drum Tabber's settings: edit this page, or override a line with `--set NAME=VALUE` or `DRUM_TABBER_NAME=VALUE`.

Times are seconds, frequencies hertz, levels decibels, unless a line says otherwise. The order is that of the flow: what
you turn most often stands first. A trained model remembers the settings it was trained with (its bundle), so changing
the features or the model below affects the next training, never a model that exists.
"""

from typing import Literal

# ------------------------------------------------------------------------------------------------ transcribing a song
SENSITIVITY: float = 0.5  # 0 to 1: higher hears more hits (and invents more); 0.5 is the tuned balance
OUTPUT_FORMATS: list[str] = ["tab", "midi", "csv"]  # and review, json, html, musicxml, alphatex, chart, png, pdf
OUTPUT_DIR: str = ""  # where tabs go; empty: beside the song
MODEL_BUNDLE: str = "models/drums/default"  # the trained model that transcribes: a folder made by train.py
CONSENSUS: bool = True  # bars alike correct one another, where a hit is doubtful in one and not in the others
MIDI_TIMING: Literal["performed", "quantised"] = "performed"  # notes as they were played, or on the tab's grid
MIDI_MAP: Literal["table", "lanes"] = "table"  # notes by the drum table below, or one for each of its eight lanes
MIDI_NOTES: list[tuple[str, int]] = []  # other notes for single drums, e.g. [("SS", 39), ("HO", 26)]
PAGE_EMBED_MB: float = 12.0  # megabytes up to which the page (html) holds the song itself; a larger one is linked
KEY_BUNDLE: str = "models/key/default"  # the trained model that hears the key of a song

# ------------------------------------------------------------------------------------------------------ the drum table
# One row a drum: code, name, row in a tab, symbols there (normal, accent, ghost), MIDI notes read, MIDI note written,
# and its class among eight lanes, five families and three drums ("" where that vocabulary leaves it out).
DRUMS: list[tuple[str, str, str, str, list[int], int, str, str, str]] = [
    ("BD", "bass drum", "BD", "oOg", [35, 36], 36, "kick", "kick", "kick"),
    ("SD", "snare", "SD", "oOg", [38, 40], 38, "snare", "snare", "snare"),
    ("SS", "side stick", "SD", "xXx", [37], 37, "snare", "snare", "snare"),
    ("HH", "hi-hat closed", "HH", "xXg", [42, 22], 42, "hihat", "hihat", "hihat"),
    ("HO", "hi-hat open", "HH", "oOo", [46, 26], 46, "hihat", "hihat", "hihat"),
    ("HP", "hi-hat pedal", "HF", "xXx", [44], 44, "hihat", "hihat", "hihat"),
    ("HT", "high tom", "HT", "oOg", [48, 50], 50, "hi_tom", "tom", ""),
    ("MT", "mid tom", "MT", "oOg", [45, 47], 47, "mid_tom", "tom", ""),
    ("LT", "low tom", "LT", "oOg", [41, 43, 58], 43, "low_tom", "tom", ""),
    ("CC", "crash", "CC", "xXg", [49, 57], 49, "crash", "cymbal", ""),
    ("SC", "splash", "SC", "xXg", [55], 55, "crash", "cymbal", ""),
    ("CH", "china", "CH", "xXg", [52], 52, "crash", "cymbal", ""),
    ("RD", "ride", "RD", "xXg", [51, 59], 51, "ride", "cymbal", ""),
    ("RB", "ride bell", "RD", "bBb", [53], 53, "ride", "cymbal", ""),
]
HIHAT_CLASSES: Literal[1, 2, 3] = 3  # hats told apart in the tab: 1 none, 2 closed and open, 3 the pedal too
CYMBAL_CLASSES: Literal[-1, 1, 2] = -1  # cymbals told apart: 1 none, 2 crash and ride, -1 all
KEEP_TOMS_SEPARATE: bool = True  # False: every tom becomes the mid tom
KEEP_BELLS: bool = True  # False: a ride bell is written as a ride
KEEP_DYNAMICS: bool = True  # False: no accents and ghosts in the tab, all hits alike
SIMPLE_CLASS_ONLY: bool = False  # True: bass drum, snare and hi-hat alone

# --------------------------------------------------------------------------------------------------- the grid, the tab
MIN_BPM: float = 40.0  # slowest tempo looked for, beats a minute
MAX_BPM: float = 300.0  # fastest tempo looked for, beats a minute
METERS: list[int] = [2, 3, 4, 5, 6, 7]  # beats a bar that are tried; 6/8, 9/8 and 12/8 have 2, 3 and 4 dotted ones
SLOTS_PER_BEAT: int = 4  # columns a beat in the tab, where none has triplets: 2 for eighths, 4 for sixteenths, or 8
TAB_BARS_PER_LINE: int = 4  # at most; fewer where TAB_WIDTH asks for it
TAB_WIDTH: int = 80  # columns of a printed line
TAB_FOLD: bool = True  # bars that repeat stroke by stroke are written once under a mark such as x4; False: written out
TAB_BAR_NUMBERS: bool = True  # before each count, the number of its first bar
TAB_KEY: bool = True  # the song's key in the tab's header, where KEY_BUNDLE is sure of one
TAB_SECTIONS: bool = True  # verse, chorus and so on are found by what comes again, and head their bars
DOUBTFUL: float = 0.6  # 0 to 1: hits less sure are marked in tab and page, and listed for review; 0 for none
TAB_ROWS: list[str] = ["CC", "SC", "CH", "RD", "HH", "HT", "MT", "LT", "SD", "HF", "BD"]  # top to bottom
ACCENT_VELOCITY: int = 116  # hits at least this strong (MIDI 1-127) are written as accents; a drum's usual loud: 105
GHOST_VELOCITY: int = 40  # snare hits at most this strong are written as ghosts

# ------------------------------------------------------------------------------------- training material: tabs, corpora
SONGS_DIR: str = "songs"  # recordings, "" for none; a sidecar <song>.json may say where the tab begins, else it's found
TABS_DIR: str = "tabs"  # tabs/<song>.txt belongs to songs/<song>.*
SONGS_WEIGHT: float = 1.0  # how often your songs are trained on, for their length, over a corpus of weight 1
CORPORA: list[str] = []  # further material, layout:folder*weight: ["groove:/data/groove", "patterns:400*0.5"]
VALIDATION_SONGS: list[str] = []  # names of songs kept for validation; empty: each corpus's own split
DATA_SOURCES: list[str] = []  # the material and its licences, as the trained model's bundle shall state them
MIN_CONFIDENCE: float = 0.5  # 0 to 1: strokes of an aligned tab of which the song is less sure are hidden in training
MIN_BAR_CONFIDENCE: float = 0.4  # 0 to 1: bars where an aligned tab and its song agree less are hidden
GHOST_NOTES: Literal["train", "mask"] = "train"  # a tab's ghost notes: taught, or hidden ("mask"); never silence
RIMS: Literal["train", "mask"] = "train"  # a tab's rim clicks and side sticks, likewise
UNWRITTEN_DRUMS: Literal["train", "mask"] = "mask"  # drums that a tab never writes: hidden, or silence
DRUM_STEMS: list[str] = ["channel"]  # <song>_drums.*: "channel" as one more recording, "mix" blended, "replace" by that
STEM_SHARE: float = 0.5  # 0 to 1: the drum stem's part of the blend
DATA_DIR: str = "data"  # alignments, rendered audio and spectrograms made ahead are kept here
WORKERS: int = 0  # processes that prepare material side by side; 0: one for each core, if there is much to do

# ---------------------------------------------------------------------------------------------- rendering drum tracks
KITS_DIRS: list[str] = []  # folders of drum samples that play what is MIDI alone; docs/corpora.md tells their forms
VALIDATION_KITS: list[str] = []  # kits, by name, that play validation material alone; empty: all play all
BACKING_DIRS: list[str] = []  # folders of MIDI files whose music accompanies rendered drums
SOUNDFONTS: list[str] = []  # .sf2 files that play the backing, with FluidSynth
SOUNDFONT_KITS: bool = True  # the drum presets of SOUNDFONTS join the kits
P_IMAGINED_DRUMS: float = 0.7  # recordings to train on whose kick or cymbals may be signal models, other ones each
RENDER_COPIES: int = 2  # of each recording that is made ahead, with other augmentation, kits and music each
COPIES_A_TAKE: int = 4  # copies that share tempo and music, played once; drums, levels and chain differ
STEMS_GB: float = 3.0  # gigabytes of music played once that DATA_DIR keeps at most; the oldest makes room
RENDER_MUSIC: float = 0.7  # share of renderings with music around the drums
RENDER_MUSIC_ALONE: float = 0.1  # share of renderings with music and no drums, so that silence is learnt too
DRUMS_TO_MUSIC_DB: tuple[float, float] = (-8.0, 8.0)  # range of the drums' level over the music's

# --------------------------------------------------------------- augmenting audio, always before the mel conversion
# P_ is a probability from 0 to 1. Whatever touches time moves the labels with it.
P_TIME_STRETCH: float = 0.25  # tempo change that keeps the pitch
TIME_STRETCH_RATES: tuple[float, float] = (0.85, 1.15)  # speed factors, 1 is unchanged
P_VARISPEED: float = 0.15  # tape speed: tempo and pitch change together
VARISPEED_RATES: tuple[float, float] = (0.93, 1.08)  # speed factors, 1 is unchanged
P_SHIFT: float = 0.1  # the segment is rolled, its labels too; seldom, for bars break at the seam
P_PITCH_SHIFT: float = 0.05  # pitch alone
PITCH_SHIFT_SEMITONES: tuple[float, float] = (-2.0, 2.0)  # range of the shift
P_ROOM: float = 0.3  # a simulated room
P_EQ: float = 0.4  # a seven-band equaliser
EQ_DB: tuple[float, float] = (-9.0, 9.0)  # range of each band
P_COMPRESSION: float = 0.5  # bus compression and limiting
P_SATURATION: float = 0.2  # tape-like distortion
P_CLIPPING: float = 0.08  # hard clipping
P_MASTER: float = 0.25  # a loud master: pumping bus, multiband compression, driven into a soft ceiling
MASTER_CREST_DB: tuple[float, float] = (6.0, 10.0)  # how far its peaks stand above the RMS; modern masters: 6 to 9
P_SPACED_PAIR: float = 0.1  # two microphones or sides summed to one: what arrives later cancels some of it
P_TAPE: float = 0.08  # wow, saturation and hiss
P_VINYL: float = 0.05  # crackle, rumble and surface noise
P_BAND_LIMIT: float = 0.12  # low-pass or high-pass, as old and small recordings have
P_SMALL_SPEAKER: float = 0.04  # a telephone, a small radio: middle frequencies alone
P_BACKGROUND_NOISE: float = 0.2  # other sounds behind, where BACKGROUND_NOISE_DIR has some
BACKGROUND_NOISE_DIR: str = ""  # a folder of recordings without drums: crowds, rooms, streets; empty for none
P_NOISE: float = 0.25  # hiss and hum
NOISE_SNR_DB: tuple[float, float] = (15.0, 45.0)  # range of the signal's level over either noise
P_MP3: float = 0.3  # lossy coding, about 60 to 160 kbit/s: an imitation of it that is fast
CODEC_SHARE: float = 0.15  # part of these that pass through a true mp3 codec, 8 to 15 s of each
P_BIT_CRUSH: float = 0.02  # coarse quantisation, 8 to 12 bits
P_GAIN: float = 0.8  # another level
GAIN_DB: tuple[float, float] = (-18.0, 12.0)  # range of the level change
P_POLARITY: float = 0.5  # the wave upside down: sounds alike, and keeps the model from caring
P_FREQUENCY_MASK: float = 0.3  # a band of the spectrogram is hidden
FREQUENCY_MASK_BANDS: int = 12  # mel bands hidden at most
P_TIME_MASK: float = 0.2  # a moment of the spectrogram is hidden
TIME_MASK_FRAMES: int = 12  # frames hidden at most
P_TREBLE_MASK: float = 0.5  # the highs are gone, as after 22 kHz sampling or coding at a low bit rate
TREBLE_MASK_HZ: float = 7000.0  # hertz; at the lowest, the highs are gone from here

# -------------------------------------------------------------------------------------------- features: what it hears
SAMPLE_RATE: int = 44100  # hertz; cymbals live above 11 kHz
HOP_SIZE: int = 441  # samples between frames: 100 frames a second
WINDOW_SIZE: int = 2048  # samples an analysis window holds, 46 ms
LONG_WINDOW_SIZE: int = 8192  # samples of a second window, through which every band is heard too; 0 for none
N_MELS: int = 96  # mel bands
FMIN: float = 30.0  # hertz, lowest band edge
FMAX: float = 18000.0  # hertz, highest band edge

# -------------------------------------------------------------------------------------------------------- the model
# "conv_attention": convolutions, then attention; "crnn": recurrent; "tst": a transformer alone; "context_cnn" and
# "timefreq_cnn": convolutions over 32 frames
MODEL: Literal["conv_attention", "crnn", "tst", "context_cnn", "timefreq_cnn"] = "conv_attention"  # the architecture
FRONT_END: Literal["log_mel", "pcen", "levelled"] = "log_mel"  # the last two even out how loud each band is
CONV_FILTERS: list[int] = [16, 32, 48, 64]  # channels of the convolutional front; each layer halves the mel bands
D_MODEL: int = 128  # channels a frame after the front
DILATIONS: list[int] = [1, 2, 4, 8, 16, 32]  # of the convolutions along time, frames
N_ATTENTION: int = 2  # attention layers; 0 for none
N_HEADS: int = 4  # attention heads
ATTENTION_WINDOW: int = 64  # steps that attention looks back and ahead
ATTENTION_FOLD: int = 4  # frames in a step of attention: 64 steps of 4 are 2.6 s each way
N_ENCODERS: int = 4  # layers of "tst": the first at every frame, the others at ATTENTION_FOLD frames a step
DROPOUT: float = 0.1  # share dropped, in training only
TARGET_WIDTH: float = 2.0  # frames from a hit to where its target has fallen to zero

# ---------------------------------------------------------------------------------------------------------- training
SEED: int = 1  # of every random draw
FEED: Literal["spectrograms", "rendered", "audio"] = "spectrograms"  # made ahead: features; audio; or nothing
BATCH_SIZE: int = 8  # segments a step
SEGMENT_SECONDS: float = 10.24  # length of a training segment
EPOCHS: int = 40  # passes over STEPS_PER_EPOCH batches, at most
STEPS_PER_EPOCH: int = 200  # batches between validations, at most: three passes over the material are enough
LEARNING_RATE: float = 2e-3  # at its peak, after the warm-up
WARMUP_STEPS: int = 300  # steps from zero to the peak; a cosine then leads back to zero
WEIGHT_DECAY: float = 1e-2  # AdamW's
EMA: float = 0.995  # moving average of weights that validation and the bundle use; 0 for none
LOSS: Literal["cross_entropy", "focal"] = "cross_entropy"  # of onsets and beats; "focal" minds the doubtful frames
FOCAL_POWER: float = 2.0  # of "focal": the higher, the less a frame counts that is nearly right already
POSITIVE_WEIGHT: float = 2.0  # how much more a hit counts than a frame without
VELOCITY_LOSS: float = 1.0  # weight of the velocity head's loss
BEAT_LOSS: float = 0.5  # weight of the beat and downbeat heads' loss
PATIENCE: int = 12  # epochs without a better validation score before training stops
MIXED_PRECISION: bool = True  # 16-bit arithmetic on a GPU; has no effect on a CPU
TRAINING_DIR: str = "runs"  # checkpoints and TensorBoard logs; a run of the same name resumes
MODELS_DIR: str = "models"  # trained models: models/<task>/<name>
RUN_NAME: str = "own"  # the run's folder, and the bundle's name in models/drums/
START_FROM: str = ""  # a trained model to begin with, or "": "models/drums/default"; CONV_FILTERS may be wider
START_SHARE: float = 0.0  # 0 to 1: part of those weights in the mean that is kept; 0.4 heard unknown kits better

# ---------------------------------------------------------------------- songs without labels, if they shall be used too
SELF_TRAINING_WEIGHT: float = 0.0  # how often they are trained on as MODEL_BUNDLE hears them, over a corpus of weight 1
SELF_TRAINING_SURE: float = 0.9  # 0 to 1: hits that it is as sure of are taught, what else may be one is hidden
SELF_SUPERVISED: bool = False  # before training, the model learns to fill in what is hidden of songs without labels
UNLABELLED_DIRS: list[str] = []  # folders of such songs, in any usual format, searched through
PRETRAIN_EPOCHS: int = 20  # passes over STEPS_PER_EPOCH batches, at most
# What is hidden: "seq" runs of frames in each band by itself, "feature" whole bands, "time" whole frames, "forecast"
# the end of the segment; "noise" adds noise to cells here and there. Each segment draws one of those listed.
PRETRAIN_MASKS: list[Literal["seq", "feature", "time", "forecast", "noise"]] = ["seq", "feature", "time"]  # drawn
PRETRAIN_MASK_SHARE: float = 0.15  # how much of a segment is hidden, 0 to 1
PRETRAIN_MASK_RUN: float = 6.0  # frames ("seq", "time") or bands ("feature") hidden at a stretch, on average
PRETRAIN_NOISE_DB: float = 12.0  # strength of "noise", the standard deviation of what it adds

# ---------------------------------------------------------------------------------------- keys: which key is this song
# How train-key is fed: "audio" is played or read and transformed anew each time, "spectrograms" are made ahead and kept
# in DATA_DIR/key, "images" are the same as 16-bit PNGs in folders named like keys, the precursor's way.
KEY_FEED: Literal["audio", "spectrograms", "images"] = "spectrograms"  # one of these
KEY_LOSS: Literal["exact", "mirex_v0", "mirex_v1", "mirex_v2"] = "exact"  # or the precursor's, which forgive near keys
KEY_DETUNED: float = 0.4  # semitones that what is played for training is out of tune at most

# --------------------------------------------------------------------------- one-shots: which percussion is this sample
SAMPLES_BUNDLE: str = "models/samples/default"  # the trained model that classes one-shots
SAMPLES_CLASSES: list[str] = []  # kinds told apart; empty: all thirty; "kick,snare,hat" is the precursor's other task
SAMPLES_MODEL: Literal["cnn", "cnn_lstm"] = "cnn"  # "cnn_lstm": the precursor's, recurrent along time
SAMPLES_SECONDS: float = 2.5  # of a sound that are heard; 0.1 for short chunks
SAMPLES_DIRS: list[str] = []  # folders of one-shots to train on; SOUNDFONTS join them where the classes are ours
SAMPLES_HELD_OUT: list[str] = []  # names of packs that judge and are never trained on
SAMPLES_OUTLIERS_DIR: str = ""  # a folder of sounds that are no percussion, such as speech; empty for none
SAMPLES_EPOCHS: int = 24  # passes over the one-shots
SAMPLES_MIXED: float = 0.5  # share of the one-shots that are mixed with others in training, their classes too (mixup)
SAMPLES_LEARNING_RATE: float = 2e-3  # at its peak; a cosine leads to zero
