"""The command line: one file a command. `main` puts them together, `faults` ends them well.

Nothing heavy (ray, torch, mlflow, optuna, transformers, datasets, pandas) is imported when one of
these modules is: commands import what they need inside their bodies, so that `--help` is quick.
"""
