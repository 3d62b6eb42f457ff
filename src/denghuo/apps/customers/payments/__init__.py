"""Paying bills through whatever provider a company has: the port, the providers, and the one way money settles."""
