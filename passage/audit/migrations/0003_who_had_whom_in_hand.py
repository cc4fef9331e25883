"""What the log knows of the past becomes what decides who may be the second person: who hired whom, and made which key."""

from django.db import migrations

HANDS = {"staff.hired": "hired", "login.reset_shown": "let_in"}


def tell_who_had_whom_in_hand(apps, schema_editor):
    Event, Staff = apps.get_model("audit", "Event"), apps.get_model("programme", "Staff")
    Tie, Key = apps.get_model("programme", "Tie"), apps.get_model("programme", "Key")
    places = {(programme, f"staff:{pk}"): pk for pk, programme in Staff.objects.values_list("pk", "programme_id")}
    done = Event.objects.filter(verb__in=HANDS, by__startswith="staff:").order_by("id")
    Tie.objects.bulk_create(
        Tie(
            programme_id=event.programme_id,
            staff_id=places[event.programme_id, event.subject],
            kind=HANDS[event.verb],
            by=event.by,
            at=event.at,
        )
        for event in done
        if (event.programme_id, event.subject) in places and event.by != event.subject
    )
    for event in Event.objects.filter(verb="key.issued", by__startswith="staff:").order_by("id"):
        prefix = event.subject.removeprefix("key:")
        Key.objects.filter(programme_id=event.programme_id, prefix=prefix).update(made_by=event.by)


class Migration(migrations.Migration):

    dependencies = [
        ("audit", "0002_event_by_at"),
        ("programme", "0011_people_of_their_own"),
    ]

    operations = [migrations.RunPython(tell_who_had_whom_in_hand, migrations.RunPython.noop)]
