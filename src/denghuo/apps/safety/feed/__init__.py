"""The feed of positions and hazards: an MQTT subscriber that loses nothing (``python -m denghuo.cli.service
denghuo.apps.safety.feed``; ``denghuo run`` starts it when ``DENGHUO_MQTT_URL`` is set)."""


def main() -> int:
    """Run the process; see :func:`denghuo.apps.safety.feed.process.main`."""
    from denghuo.apps.safety.feed.process import main as run

    return run()
