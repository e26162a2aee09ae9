"""Writes the list prices of models that are much used to `list.json`, from the table that litellm has of them.

    pip download --no-deps litellm==1.110.2
    python dspy-runtime/src/context/price/list.py litellm-*.whl 2026-11-30

Taken are the models of some providers that read and write text or make vectors, and that are still served on the day.
Prices are for a million tokens. A dated version that costs what its model does is left out.
"""

import json
import pathlib
import re
import sys
import zipfile

PROVIDERS = ["openai", "anthropic", "gemini", "mistral", "deepseek", "xai", "groq"]
MODES = ["chat", "responses", "embedding"]
SERVICES = {"batch": "_batches", "flex": "_flex", "priority": "_priority"}


def rates(model, infix, suffix, usual):
    """The rates of a kind of call, or none where there are none of its own."""
    if f"input_cost_per_token{infix}{suffix}" not in model:
        return None
    found = {}
    for name, keys in {
        "input": ["input_cost_per_token"],
        "output": ["output_cost_per_token"],
        "cached": ["cache_read_input_token_cost"],
        "cache_write": ["cache_creation_input_token_cost"],
        "long_cache_write": [f"cache_creation_input_token_cost_above_{time}hr" for time in (1, 12)],
    }.items():
        costs = [model.get(f"{key}{infix}{suffix}") for key in keys]
        cost = next((cost for cost in costs if cost is not None), None)
        if cost is not None and (cost > 0 or name in ("input", "output")):
            found[name] = round(cost * 1e6, 6)
        elif name in usual:
            found[name] = usual[name]
    return found


def price(model, suffix="", usual=None):
    found = rates(model, "", suffix, usual or {})
    if found is None:
        return None
    found.setdefault("output", 0.0)
    longer = sorted({int(m[1]) for key in model if (m := re.fullmatch(r"input_cost_per_token_above_(\d+)k_tokens", key))})
    before = {above["tokens"]: above for above in (usual or {}).get("above", [])}
    above = []
    for thousands in longer:
        own = rates(model, f"_above_{thousands}k_tokens", suffix, before.get(thousands * 1000, found))
        if own is not None:
            above.append({"tokens": thousands * 1000} | own)
    return {key: value for key, value in found.items() if key != "above"} | ({"above": above} if above else {})


def undated(name):
    """The names that a version goes by, as `Prices::of` shortens it."""
    while (cut := re.fullmatch(r"(.+)-(latest|\d\d+)", name)) is not None:
        name = cut[1]
        yield name


def main(wheel, day):
    with zipfile.ZipFile(wheel) as archive:
        table = json.loads(archive.read("litellm/model_prices_and_context_window_backup.json"))
    models = {}
    for key, model in table.items():
        provider = model.get("litellm_provider")
        if provider not in PROVIDERS or model.get("mode") not in MODES or model.get("deprecation_date", "9") < day:
            continue
        found = price(model)
        if found is None:
            continue
        for service, suffix in SERVICES.items():
            own = price(model, suffix, found)
            if own is not None and own != {key: value for key, value in found.items() if key not in SERVICES}:
                found[service] = own
        models[f"{provider}/{key.removeprefix(f'{provider}/')}"] = found
    kept = {name: found for name, found in sorted(models.items()) if all(models.get(short) != found for short in undated(name))}
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(found, separators=(',', ':'))}" for name, found in kept.items())
    source = pathlib.Path(wheel).name.split("-")[0:2]
    head = f'  "as_of": {json.dumps(day)},\n  "from": {json.dumps(" ".join(source))},\n  "models": {{\n'
    pathlib.Path(__file__).with_name("list.json").write_text("{\n" + head + lines + "\n  }\n}\n")


main(*sys.argv[1:])
