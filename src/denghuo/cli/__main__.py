"""``python -m denghuo.cli``."""

from denghuo.cli import main

main()
