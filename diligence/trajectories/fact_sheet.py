"""Plain and HTML summary shared by results that are not fitted curves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from html import escape

FACT_WIDTH = 22


class FactSheet(ABC):
    """A result that prints as a title, facts by name, and notes; the same on every run."""

    notes: tuple[str, ...]

    @property
    @abstractmethod
    def title(self) -> str:
        """What was estimated or tested."""

    @abstractmethod
    def _facts(self) -> dict[str, str]: ...

    def summary(self) -> str:
        """Result in plain lines, the same on every run."""
        facts = [f"{name + ':':<{FACT_WIDTH}}{text}" for name, text in self._facts().items()]
        return "\n".join([self.title, *facts, *(f"Note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        return f"<table><caption>{escape(self.title)}</caption>{rows}</table><ul>{notes}</ul>"
