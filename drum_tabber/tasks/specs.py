"""The settings page frozen into the specs that everything below takes: read once, at the start of a task."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import configs
from drum_tabber.augmentation.augment import AugmentSpec
from drum_tabber.files import check_place
from drum_tabber.hearing.targets import TargetSpec
from drum_tabber.learning.segments import SegmentSpec
from drum_tabber.sound.features import FeatureSpec
from drum_tabber.vocabulary import Vocabulary

if TYPE_CHECKING:
    from drum_tabber.learning.dataset import ReadSpec
    from drum_tabber.learning.masks import RiddleSpec
    from drum_tabber.learning.pretraining import Pretraining
    from drum_tabber.learning.training import TrainingSpec
    from drum_tabber.model import ModelSpec


def check_places(*names: str) -> None:
    """Raise DrumTabberError before any work where a folder of these settings can't be written to."""
    for name in names:
        way_out = f"choose another folder with --set {name}=DIR"
        check_place(Path(getattr(configs, name)), way_out, folder=True)


def segment_spec() -> SegmentSpec:
    """Features, targets and length of a training segment."""
    features = FeatureSpec(
        sample_rate=configs.SAMPLE_RATE,
        hop_size=configs.HOP_SIZE,
        window_size=configs.WINDOW_SIZE,
        n_mels=configs.N_MELS,
        fmin=configs.FMIN,
        fmax=configs.FMAX,
        long_window=configs.LONG_WINDOW_SIZE,
    )
    targets = TargetSpec(Vocabulary.of(configs.DRUMS).codes, features.frame_rate, configs.TARGET_WIDTH)
    return SegmentSpec(features, targets, round(configs.SEGMENT_SECONDS * features.frame_rate))


def augment_spec() -> AugmentSpec:
    """How audio is augmented."""
    return AugmentSpec(
        p_time_stretch=configs.P_TIME_STRETCH,
        time_stretch_rates=configs.TIME_STRETCH_RATES,
        p_varispeed=configs.P_VARISPEED,
        varispeed_rates=configs.VARISPEED_RATES,
        p_shift=configs.P_SHIFT,
        p_pitch_shift=configs.P_PITCH_SHIFT,
        pitch_shift_semitones=configs.PITCH_SHIFT_SEMITONES,
        p_room=configs.P_ROOM,
        p_eq=configs.P_EQ,
        eq_db=configs.EQ_DB,
        p_compression=configs.P_COMPRESSION,
        p_saturation=configs.P_SATURATION,
        p_clipping=configs.P_CLIPPING,
        p_master=configs.P_MASTER,
        master_crest_db=configs.MASTER_CREST_DB,
        p_spaced_pair=configs.P_SPACED_PAIR,
        p_tape=configs.P_TAPE,
        p_vinyl=configs.P_VINYL,
        p_band_limit=configs.P_BAND_LIMIT,
        p_small_speaker=configs.P_SMALL_SPEAKER,
        p_background_noise=configs.P_BACKGROUND_NOISE,
        background_noise_dir=configs.BACKGROUND_NOISE_DIR,
        p_noise=configs.P_NOISE,
        noise_snr_db=configs.NOISE_SNR_DB,
        p_mp3=configs.P_MP3,
        codec_share=configs.CODEC_SHARE,
        p_bit_crush=configs.P_BIT_CRUSH,
        p_gain=configs.P_GAIN,
        gain_db=configs.GAIN_DB,
        p_polarity=configs.P_POLARITY,
    )


def model_spec() -> ModelSpec:
    """The network's shape."""
    from drum_tabber.model import ModelSpec

    features = segment_spec().features
    return ModelSpec(
        kind=configs.MODEL,
        n_mels=features.n_bands,
        n_drums=len(configs.DRUMS),
        conv_filters=tuple(configs.CONV_FILTERS),
        d_model=configs.D_MODEL,
        dilations=tuple(configs.DILATIONS),
        n_attention=configs.N_ATTENTION,
        n_heads=configs.N_HEADS,
        attention_window=configs.ATTENTION_WINDOW,
        attention_fold=configs.ATTENTION_FOLD,
        dropout=configs.DROPOUT,
        n_encoders=configs.N_ENCODERS,
        front_end=configs.FRONT_END,
        n_windows=len(features.parts),
    )


def read_spec(training: bool = True) -> ReadSpec:
    """How segments are served."""
    from drum_tabber.learning.dataset import ReadSpec
    from drum_tabber.learning.masks import MaskSpec

    segments = segment_spec()
    return ReadSpec(
        batch_size=configs.BATCH_SIZE,
        n_frames=segments.n_frames,
        training=training,
        seed=configs.SEED,
        masks=MaskSpec(
            p_frequency=configs.P_FREQUENCY_MASK,
            max_bands=configs.FREQUENCY_MASK_BANDS * len(segments.features.parts),
            p_time=configs.P_TIME_MASK,
            max_frames=configs.TIME_MASK_FRAMES,
            p_treble=configs.P_TREBLE_MASK,
            first_treble_band=segments.features.band_of(configs.TREBLE_MASK_HZ),
        ),
        n_workers=os.cpu_count() or 1,
    )


def training_spec() -> TrainingSpec:
    """How long, how fast, what counts, by the settings."""
    from drum_tabber.learning.training import TrainingSpec

    return TrainingSpec(
        epochs=configs.EPOCHS,
        steps_per_epoch=configs.STEPS_PER_EPOCH,
        learning_rate=configs.LEARNING_RATE,
        warmup_steps=configs.WARMUP_STEPS,
        weight_decay=configs.WEIGHT_DECAY,
        ema=configs.EMA,
        positive_weight=configs.POSITIVE_WEIGHT,
        velocity_loss=configs.VELOCITY_LOSS,
        beat_loss=configs.BEAT_LOSS,
        patience=configs.PATIENCE,
        loss=configs.LOSS,
        focal_power=configs.FOCAL_POWER,
    )


def riddle_spec() -> RiddleSpec:
    """What pre-training hides."""
    from drum_tabber.learning.masks import RiddleSpec

    return RiddleSpec(
        kinds=tuple(configs.PRETRAIN_MASKS),
        share=configs.PRETRAIN_MASK_SHARE,
        mean_run=configs.PRETRAIN_MASK_RUN,
        noise=configs.PRETRAIN_NOISE_DB * math.log(10) / 20,  # features are natural logarithms
    )


def riddle_read_spec(training: bool = True) -> ReadSpec:
    """How unlabelled segments are served: no mask hides what is asked for, but the highs may be gone."""
    read = read_spec(training)
    masks = replace(read.masks, p_frequency=0.0, p_time=0.0) if read.masks else None
    return replace(read, masks=masks, riddle=riddle_spec())


def pretraining_spec() -> Pretraining:
    """How a trunk is made from unlabelled songs: as in training, but for PRETRAIN_EPOCHS."""
    from drum_tabber.learning.pretraining import Pretraining

    return Pretraining(
        model=model_spec(),
        features=segment_spec().features,
        riddle=riddle_spec(),
        training=replace(training_spec(), epochs=configs.PRETRAIN_EPOCHS),
    )
