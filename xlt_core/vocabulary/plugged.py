"""Which plug-ins the environment names, and how a name that no table has speaks of them.

`xlt_core.plugins` imports them; tables that they add to stand beside it and ask here.
"""

from __future__ import annotations

import os

VARIABLE = "XLT_PLUGINS"


def named_plugins() -> tuple[str, ...]:
    """The modules that the environment names, each once, in order."""
    names = (name.strip() for name in os.environ.get(VARIABLE, "").split(","))
    return tuple(dict.fromkeys(filter(None, names)))


def of_ones_own() -> str:
    """What to do about a name that is not known here, where a plug-in may have it."""
    named = named_plugins()
    loaded = f" (loaded: {', '.join(named)})" if named else ""
    return f"one of your own? {VARIABLE} names its module{loaded}"
