"""Whether a machine is fit for sweeps: `table` has the checks, one small file each.

`looking` carries them out on one machine, `nodes` on every node of a cluster. `xlt doctor` shows
all of them; a sweep on a cluster looks at some before its first stage (`preflight`).
"""
