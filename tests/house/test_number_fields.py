"""A number on a page is read by one field: Django's own takes the figures of every script."""

import ast

from tests.house.reading import Source, package

OTHERS = {"IntegerField", "DecimalField", "FloatField"}


def other_fields(source: Source) -> list[str]:
    """Where a form takes a number by a field that is not ours."""
    if source.path.endswith("ui/typed.py") or "migrations" in source.parts:
        return []
    return [
        f"{source.path}:{node.lineno}"
        for node in ast.walk(source.tree())
        if isinstance(node, ast.Attribute)
        and node.attr in OTHERS
        and isinstance(node.value, ast.Name)
        and node.value.id == "forms"
    ]


def test_another_field_is_caught() -> None:
    assert other_fields(Source("passage/office/x.py", "points = forms.IntegerField()"))
    assert not other_fields(Source("passage/office/x.py", "points = WholeNumber()"))


def test_every_number_of_a_form_is_a_whole_number() -> None:
    assert [fault for source in package() for fault in other_fields(source)] == []
