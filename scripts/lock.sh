#!/usr/bin/env bash
# Pin every Python package with its hashes: requirements/*.in and pyproject.toml -> requirements/*.txt.
set -euo pipefail
cd "$(dirname "$0")/.."
export CUSTOM_COMPILE_COMMAND="make lock"
compile=(.venv/bin/python -m piptools compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url
  --no-emit-find-links --no-emit-trusted-host --no-emit-options --resolver=backtracking "$@")
"${compile[@]}" --output-file requirements/build.txt requirements/build.in
"${compile[@]}" --output-file requirements/runtime.txt pyproject.toml
"${compile[@]}" --output-file requirements/test.txt requirements/test.in
"${compile[@]}" --output-file requirements/dev.txt requirements/dev.in
