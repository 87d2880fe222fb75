"""Carrying a sweep out on Ray: driver → coordinators → stage service → warm workers.

The only package that imports ray (with `sweeps.search.searcher`). Start at `driver`; `service`
is the heart, `scheduling` its decisions without Ray.
"""
