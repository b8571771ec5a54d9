"""Audio to log-mel frames as a layer, for what is served as a whole."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from drum_tabber.features import FLOOR, FeatureSpec, hann, mel_filterbank


@keras.saving.register_keras_serializable(package="drum_tabber")
class LogMel(keras.layers.Layer):
    """`features.log_mel` as a layer: mono samples (batch, n) to log-mel magnitudes (batch, frames, n_mels)."""

    def __init__(self, spec: FeatureSpec | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.spec = spec if isinstance(spec, FeatureSpec) else FeatureSpec(**spec)

    def call(self, samples: Any) -> Any:
        spec = self.spec
        n_samples = ops.shape(samples)[1]
        n_frames = (n_samples + spec.hop_size - 1) // spec.hop_size
        half = spec.window_size // 2
        padded = ops.pad(samples, [[0, 0], [half, spec.window_size + spec.hop_size]])
        padded = padded[:, : (n_frames - 1) * spec.hop_size + spec.window_size]
        real, imaginary = ops.stft(
            padded, spec.window_size, spec.hop_size, spec.window_size, window=hann(spec.window_size), center=False
        )
        magnitude = ops.sqrt(ops.square(real) + ops.square(imaginary))
        return ops.log1p(ops.matmul(magnitude, mel_filterbank(spec)) / FLOOR)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "spec": vars(self.spec)}
