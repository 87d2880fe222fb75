"""The words of the project as plain values: no torch, no I/O.

Read `plan` and `stage` first; everything else leans on them.
"""
