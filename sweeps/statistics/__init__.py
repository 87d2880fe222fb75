"""Statistics of cross-lingual results: pure functions on plain values, one method a file.

Knows nothing of sweeps, plans or stores: values by language and seed go in, estimates come out.
Each docstring names the method's source and says when it must not be used.
"""
