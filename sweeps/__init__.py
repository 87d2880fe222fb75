"""xlt's search: from a spec to finished trials and an answer.

Start at `sweeps.spec` (what the user asks) and `sweeps.execution.driver` (how it is done).
"""
