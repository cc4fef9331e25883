"""Which sale a cancellation is about: the latest that fits, and always the same one."""

from passage.connectors.receipts.grouping import Group, grouped, sale_of
from passage.connectors.receipts.matching import Shelf
from passage.connectors.receipts.tests.files import a_file, read, row
from passage.engine.basket import MAX_LINES
from passage.purchases.values import MemberRef


def receipts(folder, *rows, last_rows=None):
    items = sorted([*read(a_file(folder, *rows))[0], *read(a_file(folder, *rows))[1]], key=lambda item: item.row)
    return list(grouped(items, last_rows=last_rows or {}))


def matched(folder, *rows):
    """{cancellation: {sale: {line: thousandths}}} and the rows that found none."""
    groups = receipts(folder, *rows)
    shelf = Shelf(wanted={each.piece for group in groups for each in group.given_back()})
    for group in groups:
        shelf.put(group)
    found, alone = {}, []
    for each in shelf.match([group for group in groups if group.given_back()]):
        found[each.group.receipt] = {item.sale.client_id: dict(item.quantities) for item in each.returns}
        alone += [row.row for row in each.alone]
    return found, alone


def test_the_latest_sale_before_the_cancellation_is_taken(tmp_path):
    found, alone = matched(
        tmp_path,
        row("1", date="01.03.2026"),
        row("2", date="02.03.2026"),
        row("3", date="04.03.2026"),
        row("K", date="03.03.2026", quantity="-1"),
    )
    assert (found, alone) == ({"K": {"2": {"1": 1000}}}, [])


def test_another_member_another_price_another_product_or_too_little_left_does_not_fit(tmp_path):
    found, alone = matched(
        tmp_path,
        row("1", member="78"),
        row("2", price="7,91"),
        row("3", product="BULKA"),
        row("4", quantity="2"),
        row("K", quantity="-3"),
    )
    assert (found, alone) == ({"K": {}}, [6])


def test_one_line_must_hold_all_that_comes_back(tmp_path):
    found, alone = matched(tmp_path, row("1", quantity="2"), row("1", quantity="2"), row("K", quantity="-3"))
    assert (found, alone) == ({"K": {}}, [4])


def test_what_came_back_is_not_there_a_second_time(tmp_path):
    found, alone = matched(
        tmp_path, row("1"), row("2", time="09:40"), *[row(f"K{n}", time=f"10:0{n}", quantity="-1") for n in (1, 2, 3)]
    )
    assert found == {"K1": {"2": {"1": 1000}}, "K2": {"1": {"1": 1000}}, "K3": {}}
    assert alone == [6]


def test_among_sales_of_one_moment_the_higher_number_and_then_the_earlier_line_wins(tmp_path):
    rows = [row("9"), row("10"), row("10"), row("K", quantity="-1")]
    assert matched(tmp_path, *rows)[0] == {"K": {"10": {"1": 1000}}}
    assert matched(tmp_path, rows[3], *rows[:3])[0] == {"K": {"10": {"1": 1000}}}, (
        "the order of the file does not matter"
    )


def test_cancellations_go_in_their_order_of_time(tmp_path):
    found, _ = matched(
        tmp_path,
        row("1", date="01.03.2026"),
        row("2", date="03.03.2026"),
        row("KB", date="05.03.2026", quantity="-1"),
        row("KA", date="04.03.2026", quantity="-1"),
    )
    assert found == {"KA": {"2": {"1": 1000}}, "KB": {"1": {"1": 1000}}}


def test_lines_that_go_to_one_sale_are_one_return(tmp_path):
    groups = [row("1", quantity="5"), row("1", product="BULKA", price="1,20"), row("2", time="09:40", product="TORT")]
    back = [row("K", time="11:00", quantity="-2"), row("K", product="BULKA", price="1,20", quantity="-1")]
    more = [row("K", quantity="-1"), row("K", product="TORT", quantity="-1")]
    found, alone = matched(tmp_path, *groups, *back, *more)
    assert found == {"K": {"1": {"1": 3000, "2": 1000}, "2": {"1": 1000}}}
    assert alone == []


def test_a_receipt_whose_rows_stand_apart_is_one_sale(tmp_path):
    groups = receipts(tmp_path, row("1"), row("2"), row("1"), row("3"), last_rows={"1": 4})
    assert [(group.receipt, len(group.rows)) for group in groups] == [("2", 1), ("1", 2), ("3", 1)]
    sale = sale_of(groups[1], currency="PLN")
    assert (sale.client_id, sale.receipt, sale.member, sale.basket.total) == (
        "1",
        "1",
        MemberRef(external_id="77"),
        1580,
    )
    assert [line.id for line in sale.basket.lines] == ["1", "2"]


def test_a_receipt_goes_in_whole_or_not_at_all(tmp_path):
    [bad, good] = receipts(tmp_path, row("1"), row("1", price="?"), row("1"), row("2"))
    assert (bad.rows, len(good.rows)) == ([], 1)
    assert [(each.row, each.code) for each in bad.refusals] == [(2, "same_receipt"), (3, "number"), (4, "same_receipt")]


def test_a_receipt_of_two_members_or_too_many_lines_or_too_much_money_is_refused(tmp_path):
    [two] = receipts(tmp_path, row("1"), row("1", member="78"))
    assert [each.code for each in two.refusals] == ["same_receipt", "two_members"]
    [long] = receipts(tmp_path, *[row("1")] * (MAX_LINES + 1))
    assert {each.code for each in long.refusals} == {"same_receipt", "too_many_lines"}
    [dear] = receipts(tmp_path, *[row("1", price="9999999,00")] * 2)
    assert {each.code for each in dear.refusals} == {"same_receipt", "too_large"}
    assert receipts(tmp_path, *[row("1")] * MAX_LINES) != [Group("1")]
