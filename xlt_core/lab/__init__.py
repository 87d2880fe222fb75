"""The lab: a generated world in which the truth about transfer is known.

It makes a search run offline in minutes and shows whether statistics find what is there and
nothing else. `world` says which world and what is planted in it, `languages`, `sounds` and
`lexicon` how its languages are related, `concepts`, `meaning` and `grammar` what can be said and
how each language says it, `tasks` what is asked. `source` offers it as any other data. `small`
is a world of its own that costs nothing.
"""
