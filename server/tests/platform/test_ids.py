import time

from deployflow.platform.ids import new_id


class TestNewId:
    def test_it_is_a_version_7_uuid_of_the_rfc_variant(self) -> None:
        made = new_id()
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"

    def test_it_holds_the_time_in_milliseconds(self) -> None:
        assert abs((new_id().int >> 80) - time.time_ns() // 1_000_000) < 5000

    def test_later_ids_sort_behind_earlier_ones(self) -> None:
        first = new_id()
        time.sleep(0.002)
        assert new_id() > first

    def test_ids_do_not_repeat(self) -> None:
        assert len({new_id() for _ in range(10_000)}) == 10_000
