"""The networks: log-mel frames (batch, frames, mels) to activations, in `keras.ops` and `keras.layers` alone.

Every model answers {"onset": (batch, frames, drums), "velocity": (batch, frames, drums), "beat": (batch, frames, 2)},
each between 0 and 1; "beat" holds beat and downbeat. Times are kept: frame i out belongs to frame i in. Nothing
reaches further than `context_frames` frames, so a long song can be run in windows that overlap by that much.

Each model is a front end and a trunk, which differ, under heads, which don't. Other heads make a `reconstructor` of
it. A module of this package holds one architecture: its `trunk` and its `reach` in frames.
"""

from drum_tabber.model.attention import FoldFrames, UnfoldFrames, WindowedSelfAttention
from drum_tabber.model.front_end import FRONT_ENDS, LevelledMel, PerChannelEnergy
from drum_tabber.model.logmel import LogMel
from drum_tabber.model.network import ARCHITECTURES, build, context_frames, reconstructor, trunk
from drum_tabber.model.spec import ModelSpec

__all__ = [
    "ARCHITECTURES",
    "FRONT_ENDS",
    "FoldFrames",
    "LevelledMel",
    "LogMel",
    "ModelSpec",
    "PerChannelEnergy",
    "UnfoldFrames",
    "WindowedSelfAttention",
    "build",
    "context_frames",
    "reconstructor",
    "trunk",
]
