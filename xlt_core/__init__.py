"""xlt's engine: tasks, data, models, training, evaluation and the store.

It knows nothing of searching, Ray, Optuna or MLflow. Start at `xlt_core.stage`, its one door,
and `xlt_core.vocabulary`, its words.
"""
