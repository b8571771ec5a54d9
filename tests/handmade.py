"""Networks written as ONNX by hand, without a framework: what they answer can be told without running them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

Port = tuple[str, Sequence[int | None]]  # FLOAT or INT32, and a shape


def write(
    path: Path,
    nodes: list[Any],
    takes: Mapping[str, Port],
    gives: Mapping[str, Port],
    constants: Mapping[str, NDArray[Any]],
) -> None:
    """Write a network of `onnx.helper.make_node`s, with what it takes and gives by name."""
    from onnx import TensorProto, helper, numpy_helper

    def ports(named: Mapping[str, Port]) -> list[Any]:
        return [
            helper.make_tensor_value_info(name, getattr(TensorProto, kind), shape)
            for name, (kind, shape) in named.items()
        ]

    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, path.stem, ports(takes), ports(gives), kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
