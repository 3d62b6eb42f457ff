"""What pages and API share: who acts, how refusals are shown, how a write is repeated safely."""

from denghuo.core.http.actors import actor_of, client_ip

__all__ = ["actor_of", "client_ip"]
