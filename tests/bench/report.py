"""Figures beside promises, as a table for people."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One thing measured; `promise` None: nothing is promised of it. Less is better."""

    name: str
    measured: float
    promise: float | None
    unit: str = "ms"
    note: str = ""

    @property
    def kept(self) -> bool:
        """Whether the promise holds."""
        return self.promise is None or self.measured <= self.promise

    def line(self) -> str:
        """One row of the table."""
        if self.promise is None:
            return f"{self.name:<44}{self.measured:>10.1f} {self.unit:<4}{'':>24}  {self.note}"
        word = "kept" if self.kept else "MISSED"
        ratio = self.measured / self.promise if self.promise else 0.0
        beside = f"{self.promise:>8.1f} {self.unit:<4}{ratio:>6.2f} ×"
        return f"{self.name:<44}{self.measured:>10.1f} {self.unit:<4}{beside}  {word:<7} {self.note}"


def show(title: str, figures: list[Figure]) -> list[Figure]:
    """Print a part of the table as soon as it is measured; returns the figures."""
    print(f"\n{title}\n{'':<44}{'measured':>10}     {'promise':>8}      ratio", flush=True)
    for figure in figures:
        print(figure.line(), flush=True)
    return figures
