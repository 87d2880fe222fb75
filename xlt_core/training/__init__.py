"""Training one stage. Read `loop` first; `order` says which rows a step sees."""
