"""What leaves for a spreadsheet goes through one place, where no cell can be a formula."""

import re

from passage.ui.tables import FORMULA, csv_lines
from tests.house.reading import Source, package

WRITES = re.compile(r"\bcsv\.(writer|DictWriter)\b")
# The second turns a sheet into a list that only the import reads.
MAY = {"passage/ui/tables.py", "passage/imports/workbook.py"}


def writers(source: Source) -> list[str]:
    return [f"{source.path}:{number}" for number, line in source.lines() if WRITES.search(line)]


def test_a_table_written_beside_it_is_caught():
    assert writers(Source("passage/office/x.py", "rows = csv.writer(answer)")) == ["passage/office/x.py:1"]


def test_every_table_is_written_in_one_place():
    assert [fault for source in package() if source.path not in MAY for fault in writers(source)] == []


def test_no_cell_that_is_written_there_is_a_formula():
    cells = [f"{sign}1+1" for sign in FORMULA]
    [line] = csv_lines([cells])
    assert line.count("'") == len(FORMULA) == 11
    assert list(csv_lines([[-5, 5.0, "Anna", "a=b"]])) == ["-5,5.0,Anna,a=b\r\n"]
