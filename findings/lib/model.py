"""A model behind llama.cpp's HTTP server on a free loopback port, for as long as the process lives."""

import json
import os
import socket
import sys
import urllib.error
import urllib.request

import xllamacpp

STRING, INTEGER, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}


def serve():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    params = xllamacpp.CommonParams()
    params.model.path = os.environ["MODEL"]
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel, params.n_gpu_layers = 4096, 1, 0
    params.cpuparams.n_threads = min(4, os.cpu_count() or 1)
    params.use_jinja = True
    return xllamacpp.Server(params), f"http://127.0.0.1:{port}"


SERVER, BASE = serve()


def post(path, body):
    """The answer to a request; the HTTP error itself where it is refused."""
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


def chat(user, schema=None, system=None, max_tokens=128, **options):
    """The first choice of a greedy reply, held to `schema` where there is one."""
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": user})
    body = {"messages": messages, "temperature": 0, "max_tokens": max_tokens, **options}
    if schema is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
    return post("/v1/chat/completions", body)["choices"][0]


def text(*args, **options):
    return chat(*args, **options)["message"]["content"]


def record(required=None, **properties):
    """The schema of an object with these properties, all required unless told."""
    names = list(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def conclude(holds, line):
    """Prints the finding and ends the process: 0 where it holds, 1 where it has changed."""
    print(("holds: " if holds else "CHANGED: ") + line, flush=True)
    sys.exit(0 if holds else 1)
