"""Servers that are asked who somebody is: SIP2 servers and OpenID providers."""
