"""Writes tests/fixtures/semconv/registry.json: what OpenTelemetry's conventions for generative AI name, and its types.

    pip install pytest-genai-semconv==0.1.0 opentelemetry-util-genai==1.3b0
    python tests/it/spans/registry.py > tests/fixtures/semconv/registry.json

The conventions' own repository is in no package. Their registry of July 2026 is in `pytest_genai_semconv`, what was
added until October is what `opentelemetry.util.genai` writes, and what their release v0.1.0 changed after that is
below, from its change log and its pages on metrics.
"""

import json
import re
from importlib.metadata import version
from pathlib import Path

import opentelemetry.util.genai
from opentelemetry.util.genai._inference_invocation import InferenceData
from pytest_genai_semconv import spec

RELEASE = "v0.1.0"

# Replaced by `gen_ai.agent.name` and by `gen_ai.usage.cache_write.input_tokens`.
REMOVED = ["gen_ai.workflow.name", "gen_ai.usage.cache_creation.input_tokens"]

ADDED = {"gen_ai.token.modality": "string"}

# Of semantic conventions v1.45.0, on which the release is built.
GENERAL = {"error.type": "string", "server.address": "string", "server.port": "int"}

METRICS = {
    "gen_ai.client.inference.duration": ("histogram", "s"),
    "gen_ai.client.inference.usage.input_tokens": ("counter", "{token}"),
    "gen_ai.client.inference.usage.output_tokens": ("counter", "{token}"),
    "gen_ai.client.inference.usage.cache_read.input_tokens": ("counter", "{token}"),
    "gen_ai.client.inference.usage.cache_write.input_tokens": ("counter", "{token}"),
    "gen_ai.client.inference.usage.reasoning.output_tokens": ("counter", "{token}"),
    "gen_ai.client.embeddings.duration": ("histogram", "s"),
    "gen_ai.client.embeddings.operation.input_tokens": ("histogram", "{token}"),
    "gen_ai.invoke_agent.duration": ("histogram", "s"),
    "gen_ai.execute_tool.duration": ("histogram", "s"),
}

TYPES = {"int": "int", "str": "string", "bool": "boolean", "float": "double"}


def later():
    """The attributes of a call that the registry of July does not have."""
    source = "".join(path.read_text() for path in Path(opentelemetry.util.genai.__file__).parent.glob("*.py"))
    for name in re.findall(r'"(gen_ai\.[a-z_.]+)"', source):
        field = name.removeprefix("gen_ai.").replace(".", "_")
        kind = TYPES.get(InferenceData.__annotations__.get(field, "").removesuffix(" | None"))
        if kind and name not in spec.ATTRIBUTE_TYPES:
            yield name, kind


def package(name):
    return f"{name} {version(name)}"


attributes = {**spec.ATTRIBUTE_TYPES, **dict(later()), **ADDED, **GENERAL}
registry = {
    "release": RELEASE,
    "made_of": [
        package("pytest-genai-semconv"),
        re.search(r"Ref:\s+(\w+)", spec.__doc__)[1],
        package("opentelemetry-util-genai"),
    ],
    "attributes": {name: kind for name, kind in sorted(attributes.items()) if name not in REMOVED},
    "metrics": {name: {"instrument": kind, "unit": unit} for name, (kind, unit) in METRICS.items()},
    "operations": sorted(spec.OPERATION_NAMES),
    "providers": sorted(spec.PROVIDER_NAMES),
}
print(json.dumps(registry, indent=1))
