#!/usr/bin/env bash
# Writes the lock files from pyproject.toml. Run after changing a dependency; commit the result.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url -q --custom-compile-command "requirements/lock.sh" "$@"; }
compile --extra lake -o requirements/base.lock
compile --extra test --extra check --extra lake --extra spark -c requirements/base.lock -o requirements/dev.lock
compile --extra docs --extra lake -c requirements/base.lock -o requirements/docs.lock
compile --extra bench --extra lake --extra spark -c requirements/base.lock -o requirements/bench.lock
