"""Encoders, heads and the model that joins them. Read `model` first."""
