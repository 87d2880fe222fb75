"""The search: the space of plans, the samplers, the study, and the queue that Tune draws from.

Read `space`, then `queue`; `searcher` is the only file here that may import Ray.
"""
