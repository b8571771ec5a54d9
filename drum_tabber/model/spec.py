"""The noun `ModelSpec`: what a network is, as settings say it and as a bundle keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ModelSpec:
    """A network's shape: what it hears, what it answers, how large it is."""

    kind: str
    n_mels: int
    n_drums: int
    conv_filters: tuple[int, ...] = (16, 32, 48, 64)
    d_model: int = 128
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    n_attention: int = 2
    n_heads: int = 4
    attention_window: int = 64
    attention_fold: int = 4
    dropout: float = 0.1
    n_encoders: int = 4
    front_end: str = "log_mel"
    n_windows: int = 1

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> ModelSpec:
        """A spec from what JSON makes of one."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
        return cls(**values)
