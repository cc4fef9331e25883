"""Whoever reaches the database past all our code still cannot bend it: raw SQL, on every table there is."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, models, transaction

from passage.config import defences
from passage.programme.blanking import blanked
from passage.programme.defences import tenant_models
from passage.programme.owned import Owned
from tests.house.reading import package
from tests.plugin import defences_asleep
from tests.rows import a_programme, a_row

pytestmark = pytest.mark.django_db
SQLITE = connection.vendor == "sqlite"
ALL = sorted(tenant_models(), key=lambda model: model._meta.label)
APPEND_ONLY = [model for model in ALL if getattr(model, "append_only", False)]
KEPT = [guard.table for guard in defences.guards() if guard.kept]


def run(sql, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def row_of(table, pk):
    return run(f'SELECT * FROM "{table}" WHERE id = %s', pk)


def named(model):
    return model._meta.label


def keys():
    for guard in defences.guards():
        for column, _parent in guard.keys:
            yield pytest.param(guard.table, column, id=f"{guard.table}.{column}")


def model_of(table):
    return next(model for model in ALL if model._meta.db_table == table)


def test_the_walk_sees_every_room():
    assert {model._meta.app_label for model in ALL} >= {"programme", "members", "cards", "ledger", "purchases"}
    assert len(APPEND_ONLY) >= 6


@pytest.mark.parametrize("model", APPEND_ONLY, ids=named)
def test_an_append_only_row_stays_as_it_is(model):
    table = model._meta.db_table
    row = a_row(model, a_programme())
    before = row_of(table, row.pk)
    columns = [field.column for field in model._meta.local_concrete_fields]
    for column in columns:
        with pytest.raises(IntegrityError, match="only ever added"):
            run(f'UPDATE "{table}" SET "{column}" = "{column}" WHERE id = %s', row.pk)
    with pytest.raises(IntegrityError, match=r"never deleted|only ever added"):
        run(f'DELETE FROM "{table}" WHERE id = %s', row.pk)
    if SQLITE:
        values = ", ".join(f'"{column}"' for column in columns)
        for replacing in ("INSERT OR REPLACE", "REPLACE"):
            with pytest.raises(IntegrityError, match="never replaced"):
                run(f'{replacing} INTO "{table}" ({values}) SELECT {values} FROM "{table}" WHERE id = %s', row.pk)
        with pytest.raises(IntegrityError, match="only ever added"):
            run(f'UPDATE OR REPLACE "{table}" SET id = id + 1 WHERE id = %s', row.pk)
    else:
        with pytest.raises(DatabaseError):
            run(f'TRUNCATE "{table}" CASCADE')
    assert row_of(table, row.pk) == before


FORGETTING = [model for model in APPEND_ONLY if getattr(model, "blanks", ())]
NAMED = {
    "Entry": {"because": [{"code": "adjusted", "reason": "Anna"}, {"code": "repaid", "points": 3, "reason": "kept"}]},
    "Event": {"detail": {"reason": "Anna", "points": 5}},
    "Purchase": {
        "reason": "Anna",
        "context": {"request": {"member": ["A1", "", ""], "sale": 1}, "facts": {"birthday": [2, 29], "tier": "gold"}},
    },
}


@pytest.mark.parametrize("model", FORGETTING, ids=named)
def test_the_personal_places_of_a_row_that_only_grows_can_be_emptied_and_nothing_else(model):
    row = a_row(model, a_programme(), **NAMED[model.__name__])
    table, places = model._meta.db_table, {blank.column for blank in model.blanks}
    for column in places:
        other = "'Ewa'" if model._meta.get_field(column).get_internal_type() == "CharField" else """'{"x": 1}'"""
        with pytest.raises(IntegrityError, match="only ever added"):
            run(f'UPDATE "{table}" SET "{column}" = {other} WHERE id = %s', row.pk)
    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(**blanked(model), by="somebody")
    assert model.objects.filter(pk=row.pk).update(**blanked(model)) == 1
    row.refresh_from_db()
    kept = {column: getattr(row, column) for column in places}
    assert (
        kept
        == {
            "Entry": {
                "because": [{"code": "adjusted", "reason": ""}, {"code": "repaid", "points": 3, "reason": "kept"}]
            },
            "Event": {"detail": {"reason": "", "points": 5}},
            "Purchase": {
                "reason": "",
                "context": {
                    "request": {"member": ["", "", ""], "sale": 1},
                    "facts": {"birthday": None, "tier": "gold"},
                },
            },
        }[model.__name__]
    )


@pytest.mark.parametrize("table", KEPT)
def test_a_row_that_is_kept_cannot_be_deleted(table):
    row = a_row(model_of(table), a_programme())
    with pytest.raises(IntegrityError, match="never deleted"):
        run(f'DELETE FROM "{table}" WHERE id = %s', row.pk)
    if SQLITE:
        with pytest.raises(IntegrityError, match="never replaced"):
            run(f'INSERT OR REPLACE INTO "{table}" SELECT * FROM "{table}" WHERE id = %s', row.pk)
    else:
        with pytest.raises(DatabaseError):
            run(f'TRUNCATE "{table}" CASCADE')
    assert len(row_of(table, row.pk)) == 1


@pytest.mark.parametrize(("table", "column"), list(keys()))
def test_no_key_leaves_its_programme(table, column):
    ours, theirs = a_programme(), a_programme()
    model = model_of(table)
    field = next(field for field in model._meta.local_concrete_fields if field.column == column)
    stranger = a_row(field.related_model, theirs)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_row(model, ours, **{field.name: stranger})
    row = a_row(model, ours)
    with pytest.raises(IntegrityError):
        run(f'UPDATE "{table}" SET "{column}" = %s WHERE id = %s', stranger.pk, row.pk)
    with pytest.raises(IntegrityError):
        run(f'UPDATE "{table}" SET programme_id = %s WHERE id = %s', theirs.pk, row.pk)


OTHERS = {models.DateTimeField: "'2031-01-01 00:00:00+00:00'", models.UUIDField: f"'{'f' * 32}'"}


@pytest.mark.parametrize("model", [model for model in ALL if model not in APPEND_ONLY], ids=named)
def test_what_is_fixed_never_changes(model):
    row = a_row(model, a_programme())
    other = a_row(model, row.programme) if model.__name__ not in {"Retention", "Control"} else row
    for name in ("id", *getattr(model, "fixed", ("programme",))):
        column = model._meta.get_field(name).column
        kept = run(f'SELECT "{column}" FROM "{model._meta.db_table}" WHERE id = %s', row.pk)
        run(f'UPDATE "{model._meta.db_table}" SET "{column}" = "{column}" WHERE id = %s', other.pk)
        changed = OTHERS.get(type(model._meta.get_field(name)), str(10**6))
        with pytest.raises(IntegrityError):
            run(f'UPDATE "{model._meta.db_table}" SET "{column}" = {changed} WHERE id = %s', row.pk)
        assert run(f'SELECT "{column}" FROM "{model._meta.db_table}" WHERE id = %s', row.pk) == kept


@pytest.mark.parametrize("guard", defences.guards(), ids=lambda guard: guard.table)
def test_half_a_number_never_gets_in(guard):
    """PostgreSQL's columns are whole by type; it rounds what SQLite would keep."""
    model = model_of(guard.table)
    for column in guard.whole:
        field = next(field for field in model._meta.local_concrete_fields if field.column == column)
        if isinstance(field, models.ForeignKey):
            continue
        row = a_row(model, a_programme())
        columns = [each.column for each in model._meta.local_concrete_fields if not each.primary_key]
        values = ", ".join("0.5" if each == column else f'"{each}"' for each in columns)
        names = ", ".join(f'"{each}"' for each in columns)
        for half in ("0.5", "'twelve'"):
            with pytest.raises(DatabaseError):
                refuse_half(
                    f'INSERT INTO "{guard.table}" ({names}) SELECT {values.replace("0.5", half)} FROM "{guard.table}" WHERE id = {row.pk}'
                )
            if not guard.append_only:
                with pytest.raises(DatabaseError):
                    refuse_half(f'UPDATE "{guard.table}" SET "{column}" = {half} WHERE id = {row.pk}')


def refuse_half(sql):
    """On PostgreSQL a fraction is cast before it arrives: ask that no row keeps one."""
    run(sql)
    if not SQLITE:
        raise DatabaseError("rounded by the column's type")


def test_a_defence_that_is_taken_away_is_missed_and_put_back():
    gone = "defence_ledger_account_update" if SQLITE else "defence_ledger_account_balance"
    on = "" if SQLITE else " ON ledger_account"
    with transaction.atomic():
        run(f"DROP TRIGGER {gone}{on}")
        assert defences.missing(connection) == [gone]
        with pytest.raises(CommandError, match="passage migrate"):
            defences.refuse_without(connection)
        call_command("migrate", verbosity=0)
        assert defences.missing(connection) == []
        defences.refuse_without(connection)


def test_a_defence_that_was_weakened_is_missed_and_put_back():
    if SQLITE:
        weakened = ["defence_ledger_entry_update"]
        run("DROP TRIGGER defence_ledger_entry_update")
        run("CREATE TRIGGER defence_ledger_entry_update BEFORE UPDATE ON ledger_entry BEGIN SELECT 1; END")
        run("CREATE TRIGGER defence_old BEFORE UPDATE ON ledger_entry BEGIN SELECT 1; END")
        run("UPDATE defence_flag SET up = 1 WHERE id = 2")
        assert defences.missing(connection) == [*weakened, "defence_flag"]
    else:
        run("ALTER TABLE ledger_entry DISABLE TRIGGER defence_ledger_entry_append_only")
        run("ALTER TABLE ledger_allocation DISABLE TRIGGER ALL")
        run(
            "CREATE OR REPLACE FUNCTION defence_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        )
        found = defences.missing(connection)
        assert {"defence_refuse", "defence_ledger_entry_append_only", "defence_ledger_allocation_lot_id"} <= set(found)
    defences.install(connection)
    assert defences.missing(connection) == []


def test_a_second_installation_changes_nothing(django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        defences.install(connection)


def test_asleep_lets_a_test_plant_a_fault_and_wakes_up_again():
    row = a_row(next(model for model in ALL if model.__name__ == "Entry"), a_programme())
    with defences_asleep():
        run("UPDATE ledger_entry SET points = points + 1 WHERE id = %s", row.pk)
    assert defences.missing(connection) == []
    with pytest.raises(IntegrityError):
        run("UPDATE ledger_entry SET points = points + 1 WHERE id = %s", row.pk)


def test_every_table_of_a_programme_is_guarded():
    ours = {model._meta.db_table for model in ALL if issubclass(model, Owned)}
    assert {guard.table for guard in defences.guards()} == ours


@pytest.mark.django_db(transaction=True)
def test_a_table_can_be_rebuilt_by_a_migration_and_is_defended_again():
    """SQLite changes a table by renaming a copy, and refuses while a trigger names the table."""
    row = a_row(model_of("ledger_account"), a_programme())
    if SQLITE:
        with pytest.raises(DatabaseError), connection.schema_editor() as editor:
            editor._remake_table(type(row))
    defences.step_aside(connection)
    if SQLITE:
        with connection.schema_editor() as editor:
            editor._remake_table(type(row))
        assert "defence_ledger_account_update" in defences.missing(connection)
    defences.install(connection)
    assert defences.missing(connection) == []
    with pytest.raises(IntegrityError):
        run("UPDATE ledger_account SET balance = 1 WHERE id = %s", row.pk)


def test_only_the_migration_can_make_the_defences_step_aside():
    callers = {source.path for source in package() if "step_aside" in source.text}
    assert callers == {"passage/config/defences.py", "passage/config/management/commands/migrate.py"}
