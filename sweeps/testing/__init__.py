"""What members of the search promise, as suites that anybody runs against their own.

`samplers`: methods of search. `trials`: who keeps a search's trials. `backends`: what works on
them. How to run one on a member: see `xlt_core.testing`. `searches` is what they stand on.
"""

from pkgutil import iter_modules

from pytest import register_assert_rewrite

# A check that fails says what it compared, as in a test file.
register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
