#!/usr/bin/env bash
# Writes the lock files from pyproject.toml. Run after changing a dependency; commit the result.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { .venv/bin/uv pip compile pyproject.toml --python-version 3.11 --generate-hashes --no-emit-index-url -q --custom-compile-command "requirements/lock.sh" "$@"; }
compile -o requirements/base.lock
compile --extra test --extra check -c requirements/base.lock -o requirements/dev.lock
compile --extra docs -c requirements/base.lock -o requirements/docs.lock
compile --extra bench -c requirements/base.lock -o requirements/bench.lock
