"""Every frame once per epoch, whatever the batch, the processes and the place a run is resumed at."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_training import SETTINGS

from monotakd.engine.sampler import BatchStream
from monotakd.engine.settings import Process


def steps(frames, batch_size=4, count=20, **arguments):
    return list(BatchStream(frames, replace(SETTINGS, steps=count, batch_size=batch_size), **arguments))


@given(frames=st.integers(1, 30), batch_size=st.integers(1, 12))
def test_every_epoch_visits_every_frame_once_in_full_batches(frames, batch_size):
    batches = steps(frames, batch_size, count=3 * frames)
    assert {len(keys) for keys in batches} == {batch_size}
    counts = Counter(key for keys in batches for key in keys)
    whole_epochs = 3 * batch_size
    assert counts == {(epoch, index): 1 for epoch in range(whole_epochs) for index in range(frames)}
    flat = [epoch for keys in batches for epoch, _ in keys]
    assert flat == sorted(flat), "one epoch after the other"


@given(frames=st.integers(1, 30), world=st.sampled_from([1, 2, 3, 4, 6]))
def test_processes_share_the_same_batches(frames, world):
    shares = [steps(frames, 12, process=Process(rank, world)) for rank in range(world)]
    for step, whole in enumerate(steps(frames, 12)):
        assert sorted(key for share in shares for key in share[step]) == sorted(whole)
        assert {len(share[step]) for share in shares} == {12 // world}


@given(frames=st.integers(1, 30), start=st.integers(0, 20))
def test_a_resumed_stream_is_the_rest_of_the_whole(frames, start):
    stream = BatchStream(frames, replace(SETTINGS, steps=20), start=start)
    assert list(stream) == steps(frames)[start:]
    assert len(stream) == 20 - start


def test_epochs_and_seeds_have_orders_of_their_own():
    first, second = (tuple(index for _, index in keys) for keys in steps(40, 40, 2))
    other = steps(40, 40, 1)
    reseeded = list(BatchStream(40, replace(SETTINGS, steps=1, batch_size=40, seed=SETTINGS.seed + 1)))
    assert first != second
    assert [index for _, index in other[0]] == list(first)
    assert [index for _, index in reseeded[0]] not in ([*first], [*second])


def test_what_cannot_be_shared_out_is_refused():
    with pytest.raises(ValueError, match=r"batch of 4 frames .* 3 processes"):
        BatchStream(10, SETTINGS, process=Process(0, 3))
    with pytest.raises(ValueError, match="split is empty"):
        BatchStream(0, SETTINGS)
    with pytest.raises(ValueError, match="rank 2 of 2"):
        Process(2, 2)
