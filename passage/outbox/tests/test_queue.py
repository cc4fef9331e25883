"""The queue leases its jobs: a worker that fails, lingers or dies costs time and never a job, nor a second effect."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from passage.outbox import actions, queries
from passage.outbox.actions import LEASE, MOST_ATTEMPTS, LeaseLost, Order
from passage.outbox.models import Job

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def queue(*keys, run_at=AT):
    return actions.queue(orders=[Order(kind="chore", key=key, run_at=run_at) for key in keys])


def claim(worker="piotr", at=AT):
    return actions.claim(worker=worker, at=at)


@transaction.atomic
def act_and_finish(job, effect):
    queue(effect)
    actions.finish(job=job, at=AT + LEASE)


def only():
    return Job.objects.get()


def test_a_key_is_queued_once_for_ever():
    assert queue("mail:1", "mail:2", "mail:1") == 2
    assert queue("mail:2", "mail:3") == 1
    job = claim()
    actions.finish(job=job, at=AT)
    assert queue(job.key) == 0
    assert Job.objects.count() == 3


def test_a_job_waits_for_its_time_and_the_longest_waiting_goes_first():
    queue("later", run_at=AT + MINUTE / 2)
    queue("sooner", run_at=AT - MINUTE)
    assert claim().key == "sooner"
    assert claim() is None
    assert claim(at=AT + MINUTE / 2).key == "later"


def test_a_leased_job_is_nobody_elses_until_the_lease_runs_out():
    queue("mail:1")
    first = claim("piotr")
    assert claim("maria") is None
    assert claim("maria", at=AT + LEASE - timedelta(seconds=1)) is None
    second = claim("maria", at=AT + LEASE)
    assert (second.pk, second.worker, second.attempts) == (first.pk, "maria", 2)


def test_a_heart_beat_keeps_the_job():
    queue("mail:1")
    job = claim("piotr")
    assert actions.extend(job=job, at=AT + MINUTE / 2)
    assert claim("maria", at=AT + LEASE) is None
    stolen = claim("maria", at=AT + LEASE + MINUTE)
    assert stolen is not None
    assert not actions.extend(job=job, at=AT + LEASE + MINUTE)


def test_who_lost_the_lease_cannot_finish_and_its_effect_is_undone():
    queue("mail:1")
    slow = claim("piotr")
    claim("maria", at=AT + LEASE)
    with pytest.raises(LeaseLost):
        act_and_finish(slow, "the effect of a slow worker")
    assert queries.known(keys=["the effect of a slow worker"]) == set()
    assert only().worker == "maria"
    assert only().state == "running"


def test_the_same_worker_in_a_later_attempt_is_another_worker():
    queue("mail:1")
    slow = claim("piotr")
    claim("piotr", at=AT + LEASE)
    with pytest.raises(LeaseLost):
        actions.finish(job=slow, at=AT + LEASE)


def test_a_failed_job_is_tried_again_after_longer_and_longer_pauses_and_keeps_its_error():
    queue("mail:1")
    at, pauses = AT, []
    while job := claim(at=at):
        again = actions.fail(job=job, error=f"attempt {job.attempts} went wrong", at=at)
        if not again:
            break
        pauses.append(only().run_at - at)
        assert claim(at=only().run_at - timedelta(seconds=1)) is None
        at = only().run_at
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(seconds=5)
    assert pauses[-1] == timedelta(hours=1)
    assert (only().state, only().attempts) == ("failed", MOST_ATTEMPTS)
    assert only().error == f"attempt {MOST_ATTEMPTS} went wrong"
    assert queries.failed() == [only()]
    assert claim(at=AT + timedelta(days=30)) is None


def test_a_job_that_kills_its_workers_fails_in_the_end():
    queue("mail:1")
    at = AT
    for _ in range(MOST_ATTEMPTS):
        assert claim(at=at) is not None
        at += LEASE
    assert claim(at=at) is None
    assert only().state == "failed"
    assert only().error == "The worker died each time."


def test_done_jobs_are_forgotten_and_failed_ones_are_not():
    queue("done", "failed", "waiting")
    actions.finish(job=claim(), at=AT)
    failed = claim()
    Job.objects.filter(pk=failed.pk).update(state="failed", done_at=AT)
    assert actions.sweep(before=AT) == 0
    assert actions.sweep(before=AT + MINUTE) == 1
    assert set(Job.objects.values_list("key", flat=True)) == {"failed", "waiting"}


def test_looking_at_an_empty_queue_takes_no_lock(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert claim() is None
