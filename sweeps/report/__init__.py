"""Reports: what a sweep found and where it stands, from the study and the store alone.

`status` and `results` read; `tables` thinks (pure); `render` shows; `forecast` looks ahead;
`projection` hands on to tracking.
"""
