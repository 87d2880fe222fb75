"""A sweep that does not end by itself, for tests of what happens while one is at work."""

from __future__ import annotations

SPEC = """\
name: endless
encoder: lab-small
data: lab
intermediate: {tasks: [lab-pairs], count: 0..1}
targets: [lab-nli]
languages: [en]
seeds: 1
recipe: {target: {steps: 1000000}}
search: {method: grid}
execution: {workers: 1, concurrency: 1, checkpoint_seconds: 1}
"""
