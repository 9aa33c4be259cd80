"""
Weights of 8 bits, as onnxruntime's dynamic quantisation makes them: products with constant matrices become products of
whole numbers, whose other side is quantised at run time, and tables of embeddings are kept as whole numbers.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from .graphs import rewritten

LARGEST = 127


class _Quantiser:
    def __init__(self, model: ModelProto):
        self.weights = {tensor.name: tensor for tensor in model.graph.initializer}
        self.made: dict[str, TensorProto] = {}

    def add(self, name: str, values: np.ndarray) -> str:
        self.made.setdefault(name, numpy_helper.from_array(values, name))
        return name

    def is_matrix(self, name: str) -> bool:
        tensor = self.weights.get(name)
        return tensor is not None and len(tensor.dims) == 2 and tensor.data_type == TensorProto.FLOAT

    def whole(self, name: str, transposed: bool, by_column: bool) -> tuple[str, str, str]:
        """Names of a matrix as int8, of its scale (one for each column, or one in all) and of its zero point."""
        matrix = numpy_helper.to_array(self.weights[name])
        matrix = matrix.T if transposed else matrix
        scale = np.maximum(np.abs(matrix).max(axis=0 if by_column else None) / LARGEST, 1e-12).astype(np.float32)
        mark = f"{name}_{'columns' if by_column else 'table'}{'_transposed' if transposed else ''}"
        return (
            self.add(f"{mark}_int8", np.round(matrix / scale).astype(np.int8)),
            self.add(f"{mark}_scale", np.asarray(scale)),
            self.add("int8_zero", np.zeros((), np.int8)),
        )

    def product(self, node: NodeProto) -> list[NodeProto]:
        left, right, *bias = node.input
        out = node.output[0]
        transposed = any(attribute.name == "transB" and attribute.i for attribute in node.attribute)
        matrix, scale, zero = self.whole(right, transposed, by_column=True)
        name = f"{out}/int8"

        def make(kind: str, inputs: list[str], outputs: list[str], **attributes: int) -> NodeProto:
            return helper.make_node(kind, inputs, outputs, name=f"{name}/{kind}/{outputs[0]}", **attributes)

        scaled = f"{name}/scaled" if bias else out
        nodes = [
            make("DynamicQuantizeLinear", [left], [f"{name}/left", f"{name}/left_scale", f"{name}/left_zero"]),
            make("MatMulInteger", [f"{name}/left", matrix, f"{name}/left_zero", zero], [f"{name}/product"]),
            make("Cast", [f"{name}/product"], [f"{name}/float"], to=TensorProto.FLOAT),
            make("Mul", [f"{name}/left_scale", scale], [f"{name}/scale"]),
            make("Mul", [f"{name}/float", f"{name}/scale"], [scaled]),
        ]
        return [*nodes, make("Add", [scaled, *bias], [out])] if bias else nodes

    def look_up(self, node: NodeProto) -> list[NodeProto]:
        table, scale, zero = self.whole(node.input[0], transposed=False, by_column=False)
        found = f"{node.output[0]}/int8"
        return [
            helper.make_node("Gather", [table, node.input[1]], [found], name=found, axis=0),
            helper.make_node("DequantizeLinear", [found, scale, zero], [node.output[0]], name=f"{found}/float"),
        ]

    def visit(self, node: NodeProto) -> list[NodeProto]:
        if node.op_type in ("MatMul", "Gemm") and self.is_matrix(node.input[1]):
            return self.product(node)
        if node.op_type == "Gather" and self.is_matrix(node.input[0]):
            return self.look_up(node)
        return [node]


def _used(graph) -> set[str]:
    names = set()
    for node in graph.node:
        names.update(node.input)
        for attribute in node.attribute:
            names |= _used(attribute.g)
    return names


def quantise(model: ModelProto) -> ModelProto:
    """Changes a model in place."""
    quantiser = _Quantiser(model)
    rewritten(model.graph, quantiser.visit)
    used = _used(model.graph)
    kept = [tensor for tensor in [*model.graph.initializer, *quantiser.made.values()] if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    return model
