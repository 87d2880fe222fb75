"""The small world: four languages, four tasks, an encoder whose vectors are written, not trained.

It costs nothing, so tests use it. `world` says what exists, `rows` what the tasks ask, `tasks` and
`examples` offer them, `encoder` writes an encoder that "was pretrained" on its languages.
"""
