"""The lab: a small generated world in which the truth about transfer is known.

It makes a search run offline in minutes and shows whether statistics find what is there and
nothing else. `world` says what exists, `rows` what the tasks ask, `tasks` and `source` offer them
as any other data, `encoder` writes an encoder that "was pretrained" on the world's languages.
"""
