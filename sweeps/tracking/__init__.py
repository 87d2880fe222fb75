"""MLflow as a projection of the two truths: nothing here decides, deleting it loses nothing.

`project` turns what is known into `records` (pure); `client` is what a driver holds; `spool` keeps
records on disk; `process` drains it into the `writer`. Only `writer` and `database` speak to
MLflow. `sync` builds the picture again, `reconcile` closes what a dead driver left.

One experiment, `xlt`, holds every sweep, its trials and its stages, nested by parent: the UI
compares runs within an experiment, and families are to be compared across sweeps.
"""
