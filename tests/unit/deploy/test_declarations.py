"""What a start reads of the declarations is what they say."""

from deploy.declarations import PARTS, declarations, hears_of_all


def test_what_each_part_hears_is_read_as_it_is_declared() -> None:
    declared = {service.name: service.hears for service in declarations()}
    assert hears_of_all() == declared
    assert list(declared) == list(PARTS)
