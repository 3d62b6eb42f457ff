"""Denghuo (灯火): the operations platform of an electric-power customer-service centre."""

__version__ = "0.1.0"
