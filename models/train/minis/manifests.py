"""The pipelines' manifests, and their section of record.json."""

import os
from pathlib import Path

from records import file_facts, write_json

from .pipelines import MODELS, PIPELINES, Pipeline, Stage, Variant


def _file(path: Path, pipeline: Pipeline) -> dict:
    return {"file": os.path.relpath(path, MODELS / pipeline.name), **file_facts(path)}


def _variant(pipeline: Pipeline, variant: Variant, accuracy: float, source: str) -> dict:
    return {
        "name": variant.name,
        "sessions": {
            role: {**_file(variant.folder / name, pipeline), "dtype": variant.dtype}
            for role, name in variant.sessions.items()
        },
        "assets": {role: _file(variant.folder / name, pipeline) for role, name in variant.assets.items()},
        "accuracy": accuracy,
        "accuracySource": source,
    }


def _stage(pipeline: Pipeline, stage: Stage, scores: dict[str, float], n: int) -> dict:
    source = f"{stage.metric}, items of the pack with true inputs, n = {n} (models/train/record.json)"
    return {
        "name": stage.name,
        "task": stage.task,
        **stage.fields,
        "variants": [_variant(pipeline, variant, scores[variant.name], source) for variant in stage.variants],
    }


def write_manifests(scores: dict[str, dict], counts: dict[str, dict[str, int]]) -> None:
    """
    @param scores of each stage's variants, by pipeline, stage and variant
    @param counts of labelled items, by pipeline and stage
    """
    for pipeline in PIPELINES:
        stages = [
            _stage(pipeline, stage, scores[pipeline.name][stage.name], counts[pipeline.name][stage.name])
            for stage in pipeline.stages
        ]
        pack = _file(pipeline.pack, pipeline)
        manifest = {
            "schema": "ipa-edge/manifest@2",
            "name": pipeline.name,
            "title": pipeline.title,
            "stages": stages,
            "pack": {"file": pack["file"], "sha256": pack["sha256"], "source": pipeline.pack_source, "mix": pipeline.pack_mix},
        }
        (MODELS / pipeline.name).mkdir(exist_ok=True)
        write_json(MODELS / pipeline.name / "manifest.json", manifest)
