# Everything is installed into this checkout: .venv, node_modules, var. Nothing else on the machine is touched.
.DEFAULT_GOAL := help
.PHONY: help run stop status dev test check smoke docs docs-serve lock screenshots bench clean distclean

DENGHUO := .venv/bin/denghuo

help: ## 本帮助 · this help
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## 安装并启动, http://127.0.0.1:9559 · install and start
	@scripts/setup base
	@exec $(DENGHUO) run $(ARGS)

stop: ## 停止 · stop
	@$(DENGHUO) stop

status: ## 状态 · state of every process
	@$(DENGHUO) status

dev: ## 安装开发工具 · install what development needs
	@scripts/setup dev

test: dev ## 全部测试(ARGS 传给 pytest) · every test
	@scripts/tests $(ARGS)

smoke: ## 在全新数据上试启动 · prove `make run` on fresh data
	@scripts/setup base
	@scripts/smoke

check: dev ## 静态检查 · lint, types, layers, migrations, API, translations
	@scripts/check

docs: ## 文档站 → site/ · build the documentation
	@scripts/setup docs
	@.venv/bin/mkdocs build --strict

docs-serve: ## 边写边看文档 · serve the documentation while writing
	@scripts/setup docs
	@.venv/bin/mkdocs serve

lock: dev ## 重写锁文件 · write the lock files anew
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
	@requirements/lock.sh
	@npm install --package-lock-only --ignore-scripts --no-audit --no-fund

screenshots: dev ## 重拍界面截图 · take the pictures of the main screens again
	@$(DENGHUO) screenshots $(ARGS)

bench: ## 性能测量 NAME=intake · measure (without NAME: list)
	@scripts/setup bench
	@$(DENGHUO) bench $(NAME) $(ARGS)

clean: ## 删除缓存与生成物(不删数据) · remove caches and products, not data
	@rm -rf site build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage
	@find src tests e2e benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
	@find src -path '*/locale/*' -name '*.mo' -delete

distclean: clean ## 连同数据与环境一起删除 · remove data and environment as well
	@if [ -x $(DENGHUO) ]; then $(DENGHUO) stop && $(DENGHUO) db remove --yes; fi
	@rm -rf .venv node_modules var
