#!/usr/bin/env bash
# boto3 1.44.8: a stream of Bedrock's that breaks off in the middle of a message ends like a whole one.
#
# Each message of `ConverseStream` has its length and two checksums, so a reader knows that bytes are missing. boto3 holds
# an unfinished message back and ends the iteration without an error, whatever is missing, where the HTTP body itself ended
# well, as behind a gateway that lost its own connection to Bedrock. The text so far looks like a reply; only who also looks
# for `messageStop` can tell.
# Seen here with a server on loopback: the whole stream, and one cut in its third message, which gives half of the text.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q boto3==1.44.8
cd "$place"
"$place/venv/bin/python" - <<'P'
import json
import struct
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3


def message(name, payload):
    """A message of an event stream, by <https://smithy.io/2.0/aws/amazon-eventstream.html>."""
    names = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    headers = b"".join(
        struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
        for key, value in names.items()
    )
    payload = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    body = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return body + struct.pack("!I", zlib.crc32(body))


def text(text):
    return message("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})


MESSAGES = [
    message("messageStart", {"role": "assistant"}),
    text("Pay 100"),
    text(",000 euros."),
    message("contentBlockStop", {"contentBlockIndex": 0}),
    message("messageStop", {"stopReason": "end_turn"}),
]
WHOLE = b"".join(MESSAGES)
CUT = b"".join(MESSAGES[:3])[:-9]


class Server(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stream = b""

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.send_header("content-length", str(len(Server.stream)))
        self.end_headers()
        self.wfile.write(Server.stream)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = boto3.client(
    "bedrock-runtime", region_name="eu-west-1", endpoint_url=f"http://127.0.0.1:{server.server_port}",
    aws_access_key_id="x", aws_secret_access_key="x",
)


def read(stream):
    Server.stream = stream
    answer = client.converse_stream(modelId="m", messages=[{"role": "user", "content": [{"text": "How much?"}]}])
    events = list(answer["stream"])
    texts = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    return "".join(texts), any("messageStop" in event for event in events)


whole, cut = read(WHOLE), read(CUT)
print(f"boto3 {boto3.__version__}: whole {whole}, cut in its third message {cut}, and no error")
if (whole, cut) != (("Pay 100,000 euros.", True), ("Pay 100", False)):
    sys.exit("it has changed")
P
