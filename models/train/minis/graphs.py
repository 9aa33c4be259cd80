"""Nets as ONNX graphs, with the names that the Hugging Face hub gives to inputs, outputs and free dimensions."""

import copy
import hashlib
from collections.abc import Callable
from pathlib import Path

import onnx
import torch
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper
from torch import nn

OPSET, IR_VERSION = 17, 8
PRODUCER = "ipa-edge"
Free = dict[str, dict[int, str]]
BATCH, SOURCE, TARGET, PAST = (
    "batch_size",
    "encoder_sequence_length",
    "decoder_sequence_length",
    "past_decoder_sequence_length",
)


def graph_of(net: nn.Module, inputs: dict[str, torch.Tensor], outputs: list[str], free: Free, path: Path) -> ModelProto:
    """Writes a net as ONNX. `inputs` holds example values by name, `free` the names of dimensions that may vary."""
    torch.onnx.export(
        net,
        tuple(inputs.values()),
        str(path),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes={name: free[name] for name in [*inputs, *outputs] if name in free},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    model.producer_name = PRODUCER
    for node in model.graph.node:
        node.doc_string = ""
    del model.graph.value_info[:]
    save(model, path)
    return model


def save(model: ModelProto, path: Path) -> None:
    """Writes a model. Nodes in the branches of a merged decoder lose their names, which take a tenth of its file."""
    for node in model.graph.node:
        for attribute in node.attribute:
            for inner in attribute.g.node:
                inner.name = ""
    onnx.checker.check_model(model)
    onnx.save(model, path)


class FirstStep(nn.Module):
    """The decoder without a cache: gives keys and values of its own tokens and of the encoder's."""

    def __init__(self, decoder: nn.Module, masked: bool):
        super().__init__()
        self.decoder, self.masked = decoder, masked

    def forward(self, *inputs: torch.Tensor):
        mask, (ids, hidden) = (inputs[0], inputs[1:]) if self.masked else (None, inputs)
        encoded = self.decoder.encoded(hidden)
        logits, own = self.decoder(ids, encoded, mask)
        return logits, *(tensor for pair in zip(own, encoded) for both in pair for tensor in both)


class LaterStep(nn.Module):
    """The decoder with a cache: takes all keys and values, and gives those of its own tokens."""

    def __init__(self, decoder: nn.Module, masked: bool):
        super().__init__()
        self.decoder, self.masked = decoder, masked

    def forward(self, *inputs: torch.Tensor):
        mask, (ids, *past) = (inputs[0], inputs[1:]) if self.masked else (None, inputs)
        layers = [past[i : i + 4] for i in range(0, len(past), 4)]
        encoded = [(layer[2], layer[3]) for layer in layers]
        logits, own = self.decoder(ids, encoded, mask, [(layer[0], layer[1]) for layer in layers])
        return logits, *(tensor for both in own for tensor in both)


def cache_names(prefix: str, layers: int, whose: tuple[str, ...] = ("decoder", "encoder")) -> list[str]:
    return [f"{prefix}.{i}.{side}.{kind}" for i in range(layers) for side in whose for kind in ("key", "value")]


def decoder_graph(decoder: nn.Module, masked: bool, source_length: int | None, folder: Path) -> ModelProto:
    """
    The merged decoder: one graph with an If on `use_cache_branch`.
    @param source_length number of the encoder's positions; None if it varies
    """
    layers, shape = len(decoder.layers), decoder.words.weight.shape
    heads = decoder.layers[0].cross.heads
    head_width = shape[1] // heads
    length = source_length or 7
    ids = torch.ones(2, 3, dtype=torch.int64)
    mask = {"encoder_attention_mask": torch.ones(2, length, dtype=torch.int64)} if masked else {}
    free: Free = {
        "encoder_attention_mask": {0: BATCH, 1: SOURCE},
        "input_ids": {0: BATCH, 1: TARGET},
        "encoder_hidden_states": {0: BATCH, 1: SOURCE},
        "logits": {0: BATCH, 1: TARGET},
    }
    for name in cache_names("past_key_values", layers):
        free[name] = {0: BATCH, 2: PAST if ".decoder." in name else f"{SOURCE}_out"}
    present = cache_names("present", layers)
    first = graph_of(
        FirstStep(decoder, masked),
        {**mask, "input_ids": ids, "encoder_hidden_states": torch.zeros(2, length, shape[1])},
        ["logits", *present],
        {**free, **{name: {0: BATCH, 2: TARGET if ".decoder." in name else SOURCE} for name in present}},
        folder / "first.onnx",
    )
    past = {
        name: torch.zeros(2, heads, 4 if ".decoder." in name else length, head_width)
        for name in cache_names("past_key_values", layers)
    }
    own = cache_names("present", layers, ("decoder",))
    later = graph_of(
        LaterStep(decoder, masked),
        {**mask, "input_ids": ids[:, :1], **past},
        ["logits", *own],
        {**free, **{name: {0: BATCH, 2: f"{PAST} + 1"} for name in own}},
        folder / "later.onnx",
    )
    return merged(first, later, [0, heads, 1, head_width])


class _Weights:
    """Weights of both branches of an If; equal ones are kept once."""

    def __init__(self):
        self.tensors: list[TensorProto] = []
        self.names: dict[str, str] = {}

    def name_of(self, tensor: TensorProto) -> str:
        content = tensor.raw_data + str((tensor.data_type, list(tensor.dims))).encode()
        key = hashlib.sha256(content).hexdigest()
        if key not in self.names:
            kept = copy.deepcopy(tensor)
            kept.name = self.names[key] = f"weight_{len(self.names)}"
            self.tensors.append(kept)
        return self.names[key]


def _branch(graph: GraphProto, mark: str, weights: _Weights) -> list[NodeProto]:
    """The nodes of a graph for a branch: names of values begin with `mark`, their weights stand in the outer graph."""
    outer = {value.name: value.name for value in graph.input}
    outer |= {tensor.name: weights.name_of(tensor) for tensor in graph.initializer}
    nodes = []
    for node in copy.deepcopy(graph.node):
        node.input[:] = [outer.get(name, mark + name) if name else "" for name in node.input]
        node.output[:] = [mark + name for name in node.output]
        nodes.append(node)
    return nodes


def merged(first: ModelProto, later: ModelProto, absent: list[int]) -> ModelProto:
    """
    One graph that runs `later` if use_cache_branch is true, and otherwise `first`. `later` gives no keys and values of
    the encoder, so its branch gives empty tensors [*absent] in their place, as the hub's merged decoders do.
    """
    weights = _Weights()
    names = [value.name for value in first.graph.output]

    def branch(model: ModelProto, name: str, mark: str) -> GraphProto:
        nodes = _branch(model.graph, mark, weights)
        values = {value.name: copy.deepcopy(value) for value in model.graph.output}
        for missing in (name for name in names if name not in values):
            empty = helper.make_tensor(mark + missing, TensorProto.FLOAT, absent, [])
            nodes.append(helper.make_node("Constant", [], [mark + missing], value=empty))
            values[missing] = helper.make_tensor_value_info(missing, TensorProto.FLOAT, absent)
        for value in values.values():
            value.name = mark + value.name
        return helper.make_graph(nodes, name, [], [values[name] for name in names])

    then, otherwise = branch(later, "with_past", "later/"), branch(first, "no_past", "first/")
    node = helper.make_node("If", ["use_cache_branch"], names, name="If", then_branch=then, else_branch=otherwise)
    inputs = {value.name: value for value in [*first.graph.input, *later.graph.input]}
    switch = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    outputs = [copy.deepcopy(value) for value in first.graph.output]
    # The branches give different lengths, so the outer graph must not name them alike.
    for value in outputs:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param and value.name != "logits":
                dim.dim_param += "_out"
    graph = helper.make_graph([node], "merged", [*inputs.values(), switch], outputs, weights.tensors)
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name=PRODUCER
    )


Visit = Callable[[NodeProto], list[NodeProto]]


def rewritten(graph: GraphProto, visit: Visit) -> None:
    """Replaces each node of a graph and of its branches by the nodes that `visit` gives."""
    nodes = []
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                rewritten(attribute.g, visit)
        nodes += visit(node)
    del graph.node[:]
    graph.node.extend(nodes)
