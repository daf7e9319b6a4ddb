"""Every loss term by its name, and the weights of the same names."""

from __future__ import annotations

from dataclasses import dataclass, fields

from jaxtyping import Float
from torch import Tensor

Scalar = Float[Tensor, ""]


@dataclass(frozen=True)
class LossWeights:
    """What each term is multiplied with; 0 leaves it out altogether. The fields are those of `LossTerms`."""

    intra_modal: float = 0.0
    residual: float = 0.0
    direct: float = 0.0
    depth: float = 0.0
    response_classification: float = 0.0
    response_box: float = 0.0
    response_direction: float = 0.0
    truth_classification: float = 0.0
    truth_box: float = 0.0
    truth_direction: float = 0.0

    def active(self) -> dict[str, float]:
        """The weights other than 0, by name."""
        return {field.name: weight for field in fields(self) if (weight := getattr(self, field.name))}

    @property
    def any_response(self) -> bool:
        """Whether the head imitates the teacher's."""
        return any((self.response_classification, self.response_box, self.response_direction))

    @property
    def any_truth(self) -> bool:
        """Whether the head learns from boxes."""
        return any((self.truth_classification, self.truth_box, self.truth_direction))


@dataclass(frozen=True, eq=False)
class LossTerms:
    """The unweighted terms of one batch, each a scalar; None where it was not asked for.

    Attributes:
        intra_modal: F_vis against F_A (L_IMD).
        residual: SAM(F_spa) against the residual (L_CMRD).
        direct: F_S against F_T, without an assistant (CMKD; the paper's CMD).
        depth: predicted depth against the true one (CaDDN).
        response_classification: the head's scores against the teacher's (part of L_logit), and so on.
        response_box: see above.
        response_direction: see above.
        truth_classification: the head against boxes, as the head weighs its own terms, and so on; in the response
            loss's form not weighed.
        truth_box: see above.
        truth_direction: see above.
    """

    intra_modal: Scalar | None = None
    residual: Scalar | None = None
    direct: Scalar | None = None
    depth: Scalar | None = None
    response_classification: Scalar | None = None
    response_box: Scalar | None = None
    response_direction: Scalar | None = None
    truth_classification: Scalar | None = None
    truth_box: Scalar | None = None
    truth_direction: Scalar | None = None

    def computed(self) -> dict[str, Tensor]:
        """The terms that there are, by name."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in named if value is not None}

    def total(self, weights: LossWeights) -> Scalar:
        """The weighted sum, to be minimised.

        Raises:
            ValueError: a term has a weight but was not computed, or no term has a weight.
        """
        wanted = weights.active()
        missing = [name for name in wanted if getattr(self, name) is None]
        if missing or not wanted:
            raise ValueError(
                f"asked for the total of {sorted(wanted) or 'nothing'}, but {', '.join(missing) or 'no term'} was "
                f"not computed (there are {', '.join(self.computed()) or 'none'}); "
                "give the weights that the losses were made with"
            )
        return sum(weight * getattr(self, name) for name, weight in wanted.items())
