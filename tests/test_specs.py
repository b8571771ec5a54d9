"""Specs: every one says what the settings page says."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest

import configs
from drum_tabber.tasks import specs


def test_augmentation_has_a_setting_of_the_same_name_for_every_field() -> None:
    for name, value in asdict(specs.augment_spec()).items():
        assert value == getattr(configs, name.upper()), name


def test_a_changed_setting_changes_the_specs_made_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configs, "SEGMENT_SECONDS", 3.0)
    monkeypatch.setattr(configs, "HOP_SIZE", 300)
    monkeypatch.setattr(configs, "P_ROOM", 0.77)
    assert specs.segment_spec().n_frames == round(3.0 * configs.SAMPLE_RATE / 300)
    assert specs.augment_spec().p_room == 0.77


def test_reading_takes_whole_segments_with_masks_from_the_settings() -> None:
    read = specs.read_spec()
    assert read.n_frames == specs.segment_spec().n_frames and read.batch_size == configs.BATCH_SIZE
    assert read.masks is not None and read.masks.max_bands == 2 * configs.FREQUENCY_MASK_BANDS  # of two windows


def test_what_a_riddle_asks_for_is_hidden_by_nothing_else() -> None:
    read = specs.riddle_read_spec()
    assert read.riddle is not None and read.riddle.kinds == tuple(configs.PRETRAIN_MASKS)
    assert read.masks is not None and read.masks.p_frequency == read.masks.p_time == 0 < read.masks.p_treble
    assert 10 ** (configs.PRETRAIN_NOISE_DB / 20) == pytest.approx(math.exp(read.riddle.noise))


def test_pre_training_differs_from_training_in_its_epochs() -> None:
    spec = specs.pretraining_spec()
    assert spec.training == replace(specs.training_spec(), epochs=configs.PRETRAIN_EPOCHS)
    assert spec.model == specs.model_spec() and spec.riddle == specs.riddle_spec()
