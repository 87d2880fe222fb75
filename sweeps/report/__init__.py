"""Reports for people: `render` shows what `sweeps.results` knows, `forecast`, `cautions` and `cuts`
look ahead.
"""
