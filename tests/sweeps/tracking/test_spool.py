"""Records on disk: ordered, numbered across restarts, torn ones set aside."""

from __future__ import annotations

import pytest

from sweeps.tracking.open_runs import Ledger
from sweeps.tracking.records import Status
from sweeps.tracking.spool import Spool


class TestSpool:
    def test_what_was_put_comes_back_in_order(self, tmp_path, a_trial):
        """Lossless, oldest first, also for who opens it later."""
        spool = Spool(tmp_path)
        records = [a_trial(n) for n in range(12)]
        for record in records:
            spool.put(record)
        assert [record for _, record in Spool(tmp_path).pending()] == records
        assert len(spool) == 12

    def test_dropping_forgets_one(self, tmp_path, a_trial):
        spool = Spool(tmp_path)
        numbers = [spool.put(a_trial(n)) for n in range(4)]
        spool.drop(numbers[0])
        spool.drop(numbers[1])
        assert [number for number, _ in spool.pending()] == numbers[2:]

    def test_numbers_grow_across_restarts(self, tmp_path, a_trial):
        """A writer that still drains for a dead driver never drops what the next one puts."""
        last = Spool(tmp_path).put(a_trial())
        Spool(tmp_path).drop(last)
        assert Spool(tmp_path).put(a_trial()) > last

    @pytest.mark.parametrize("torn", ["", '{"level": "tri', "[1]", '{"level": "trial"}'])
    def test_a_torn_last_record_is_set_aside(self, tmp_path, a_trial, torn):
        """A power cut costs the record it tore, not those before or after."""
        spool = Spool(tmp_path)
        numbers = [spool.put(a_trial(n)) for n in range(2)]
        (tmp_path / f"{numbers[1]:012d}.json").write_text(torn)
        again = Spool(tmp_path)
        third = again.put(a_trial(2))
        assert [number for number, _ in again.pending()] == [numbers[0], third]
        assert len(list((tmp_path / "refused").glob("*.json"))) == 1

    def test_a_half_written_file_is_no_record(self, tmp_path, a_trial):
        """A driver killed while it writes leaves nothing that is read."""
        (tmp_path / "000000000001.json.half").write_text('{"lev')
        assert list(Spool(tmp_path).pending()) == []


class TestLedger:
    def test_open_runs_and_when_they_were_last_heard_of(self, tmp_path, a_trial, a_sweep):
        """What was begun and not ended is closed as killed at the last sign of life."""
        ledger = Ledger(tmp_path)
        for record, at in [
            (a_sweep("running"), 2e9),
            (a_trial(0, "running"), 2e9 + 1),
            (a_trial(1, "running"), 2e9 + 2),
            (a_trial(0), 2e9 + 3),
        ]:
            ledger.note(record, at)
        closing = Ledger(tmp_path).closing()
        assert [record.tag_value for record in closing] == ["order", "order/1"]
        assert {(record.status, record.ended) for record in closing} == {(Status.KILLED, 2e9 + 3)}

    def test_a_torn_ledger_lists_nothing(self, tmp_path):
        (tmp_path / "tracking.json").write_text('{"heard": 1')
        assert Ledger(tmp_path).closing() == []
