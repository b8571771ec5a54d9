"""Audio to log-mel frames as a layer, for what is served as a whole."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from drum_tabber.sound.features import FLOOR, FeatureSpec, hann, mel_filterbank


@keras.saving.register_keras_serializable(package="drum_tabber")
class LogMel(keras.layers.Layer):
    """`features.log_mel` as a layer: mono samples (batch, n) to log-mel magnitudes (batch, frames, n_bands)."""

    def __init__(self, spec: FeatureSpec | dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "trainable": False})
        self.spec = spec if isinstance(spec, FeatureSpec) else FeatureSpec(**spec)

    def call(self, samples: Any) -> Any:
        spec = self.spec
        n_samples = ops.shape(samples)[1]
        n_frames = (n_samples + spec.hop_size - 1) // spec.hop_size
        padded = ops.pad(samples, [[0, 0], [spec.widest // 2, spec.widest + spec.hop_size]])
        padded = padded[:, : (n_frames - 1) * spec.hop_size + spec.widest]
        parts = [_through_window(padded, spec.widest, part) for part in spec.parts]
        if len(parts) == 1:
            return parts[0]
        return ops.reshape(ops.stack(parts, axis=-1), (-1, n_frames, spec.n_bands))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "spec": vars(self.spec)}


def _through_window(padded: Any, widest: int, spec: FeatureSpec) -> Any:
    side = (widest - spec.window_size) // 2
    inner = padded[:, side : ops.shape(padded)[1] - side] if side else padded
    real, imaginary = ops.stft(
        inner, spec.window_size, spec.hop_size, spec.window_size, window=hann(spec.window_size), center=False
    )
    magnitude = ops.sqrt(ops.square(real) + ops.square(imaginary))
    return ops.log1p(ops.matmul(magnitude, mel_filterbank(spec)) / FLOOR)
