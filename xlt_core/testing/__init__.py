"""What members promise, as suites that anybody runs against their own: one file a kind of member.

A suite is a class of pytest tests with a fixture for its member. Whoever wrote a member gives it
in a subclass, in a test file of their own (`pip install xlt[testing]` brings pytest):

    class TestMine(TaskSuite):
        @pytest.fixture
        def task(self) -> Task:
            return MINE

While its tests run the member stands in the table it is for. To run many members, have the fixture
take `params`. Nothing but tests imports this package. Those of the search: `sweeps.testing`.

`tasks`, `kinds`, `methods`, `stage_kinds` and `stores` are suites; `bench`, `encoders` and `rows`
are what they stand on.
"""

from pkgutil import iter_modules

from pytest import register_assert_rewrite

# A check that fails says what it compared, as in a test file.
register_assert_rewrite(*(f"{__name__}.{module.name}" for module in iter_modules(__path__)))
