"""What `import sweeps` gives, and the command line prints: `running.run` and `loaded.load`.

The same functions stand behind both, so that nothing is computed in two ways. Nothing heavy (ray,
torch, mlflow, optuna, pandas) is imported when one of these modules is.
"""
