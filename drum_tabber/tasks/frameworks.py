"""TensorFlow and Keras loaded without the notices that they print while loading, which only frighten."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def load() -> None:
    """Load TensorFlow and Keras; what they print is shown only where loading fails."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _muted_stderr():
        import keras  # noqa: F401 - it loads TensorFlow
        import tensorflow as tf

        tf.config.list_logical_devices()  # the other moment at which it talks


@contextmanager
def _muted_stderr() -> Iterator[None]:
    """Keep what is written to file descriptor 2, also by compiled code, and print it where the block raises."""
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            kept.seek(0)
            os.write(shown, kept.read())
            raise
        finally:
            os.dup2(shown, 2)
            os.close(shown)
