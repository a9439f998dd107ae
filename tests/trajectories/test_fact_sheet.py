from dataclasses import dataclass

from diligence.trajectories.fact_sheet import FactSheet


@dataclass(frozen=True)
class Verdict(FactSheet):
    notes: tuple[str, ...]

    @property
    def title(self) -> str:
        return "a test"

    def _facts(self) -> dict[str, str]:
        return {"Points": "5", "Verdict": "a < b"}


def test_title_facts_and_notes_line_by_line():
    assert Verdict(("Few points.",)).summary().splitlines() == [
        "a test",
        "Points:               5",
        "Verdict:              a < b",
        "Note: Few points.",
    ]


def test_html_is_escaped():
    html = Verdict(("5 > 4",))._repr_html_()
    assert "a &lt; b" in html
    assert "5 &gt; 4" in html
