"""Measures how well two classes of samples can be told apart."""

from collections.abc import Sequence


def separability(ones: Sequence[float], others: Sequence[float]) -> float:
    """Returns the chance that a value of ``ones`` is larger than one of ``others``.

    This is the area under the ROC curve (Mann and Whitney's U over its maximum). At 0.5 the classes
    cannot be told apart, at 0 or 1 they always can.
    """
    ranked = sorted([(value, 0) for value in others] + [(value, 1) for value in ones])
    rank_sum, place = 0.0, 0
    while place < len(ranked):
        end = place
        while end < len(ranked) and ranked[end][0] == ranked[place][0]:
            end += 1
        middle = (place + 1 + end) / 2
        rank_sum += middle * sum(kind for _, kind in ranked[place:end])
        place = end
    n = len(ones)
    return (rank_sum - n * (n + 1) / 2) / (n * len(others))
