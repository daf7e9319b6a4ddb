"""The side views that cars and vans are lofted from, in metres of a typical car of that kind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CarShape:
    """A car's side view. Positions ``*_x`` are shares of the length from the front end; heights are metres.

    Attributes:
        name: what the kind is called.
        length: typical length, metres.
        width: typical width.
        height: typical height.
        nose: height of the bonnet's front edge.
        cowl_x: where the windscreen starts.
        cowl: height of the bonnet there.
        roof_front_x: where the windscreen meets the roof.
        roof_rear_x: where the roof ends.
        rear_x: where the rear window ends.
        deck: height of the body where the rear window ends.
        tail: height of the body at the rear end.
        axles: positions of the front and the rear axle.
        wheel: wheel radius.
        clearance: height of the sills.
        rake: how far the cabin leans inwards from belt line to roof, share of the half width.
        rear_glass: the cabin behind the front doors has side windows (panel vans have none).
        cladding: bumpers and sills of dark plastic.
        share: how common it is among cars (or vans).
    """

    name: str
    length: float
    width: float
    height: float
    nose: float
    cowl_x: float
    cowl: float
    roof_front_x: float
    roof_rear_x: float
    rear_x: float
    deck: float
    tail: float
    axles: tuple[float, float]
    wheel: float = 0.31
    clearance: float = 0.19
    rake: float = 0.22
    rear_glass: bool = True
    cladding: bool = False
    share: float = 1.0


CARS = (
    CarShape(
        "hatchback", 3.80, 1.60, 1.49, 0.70, 0.25, 0.93, 0.43, 0.83, 0.965, 0.95, 0.90, (0.20, 0.82), share=0.22
    ),
    CarShape("city", 3.35, 1.53, 1.52, 0.72, 0.21, 0.95, 0.38, 0.87, 0.975, 0.96, 0.90, (0.18, 0.84), 0.28, share=0.13),
    CarShape("compact", 4.00, 1.67, 1.50, 0.72, 0.26, 0.94, 0.44, 0.82, 0.96, 0.98, 0.92, (0.20, 0.81), share=0.15),
    CarShape(
        "saloon", 4.35, 1.71, 1.44, 0.71, 0.27, 0.93, 0.43, 0.68, 0.84, 0.97, 0.93, (0.19, 0.79), 0.32, share=0.09,
    ),
    CarShape(
        "estate", 4.38, 1.71, 1.48, 0.71, 0.26, 0.93, 0.42, 0.90, 0.97, 0.95, 0.90, (0.20, 0.79), 0.32, share=0.10,
    ),
    CarShape(
        "suv", 4.25, 1.77, 1.72, 0.86, 0.25, 1.10, 0.40, 0.88, 0.965, 1.08, 1.02, (0.20, 0.80), 0.36, 0.26, 0.18,
        cladding=True, share=0.11,
    ),
    CarShape("mpv", 4.05, 1.69, 1.66, 0.76, 0.20, 1.00, 0.38, 0.90, 0.97, 1.00, 0.92, (0.19, 0.81), share=0.12),
    CarShape("old", 3.55, 1.56, 1.41, 0.76, 0.28, 0.90, 0.41, 0.80, 0.94, 0.91, 0.86, (0.19, 0.80), 0.28, cladding=True,
             rake=0.18, share=0.05),
    CarShape("coupe", 3.75, 1.63, 1.36, 0.66, 0.30, 0.88, 0.47, 0.70, 0.90, 0.93, 0.87, (0.19, 0.80), share=0.03),
)  # fmt: skip

VANS = (
    CarShape(
        "box van", 4.45, 1.82, 1.85, 0.85, 0.20, 1.15, 0.34, 0.97, 0.99, 1.10, 0.95, (0.19, 0.80), 0.31, 0.20, 0.10,
        rear_glass=False, cladding=True, share=0.27,
    ),
    CarShape(
        "transporter", 4.95, 1.92, 2.00, 0.95, 0.15, 1.22, 0.30, 0.97, 0.99, 1.15, 0.95, (0.18, 0.78), 0.33, 0.21, 0.12,
        share=0.30,
    ),
    CarShape(
        "panel van", 5.60, 2.00, 2.50, 1.00, 0.14, 1.35, 0.27, 0.985, 0.995, 1.2, 1.0, (0.16, 0.76), 0.34, 0.22, 0.09,
        rear_glass=False, cladding=True, share=0.43,
    ),
)  # fmt: skip
