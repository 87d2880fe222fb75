"""Results: what a sweep found and where it stands, from the study and the store alone.

`status` and `rows` read; `objective`, `statistics` and `tables` think (pure). Shown by
`sweeps.report`, handed to MLflow by `sweeps.tracking.projection`.
"""
