"""YAML ⇄ Sweep: reading, checking, comparing and preparing specs."""
