import subprocess
import sys
from pathlib import Path


def run(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[1],
    )
    return done.stdout.split()


def test_runner_leaves_the_address_grammar_out_and_importable() -> None:
    code = (
        "import sys, diligence.runner.notebooks\n"
        "print('rfc3987_syntax' in sys.modules, 'jsonschema' in sys.modules)\n"
        "import rfc3987_syntax\n"
        "print(rfc3987_syntax.is_valid_syntax('iri', 'https://example.org/'))"
    )
    assert run(code) == ["False", "True", "True"]


def test_jsonschema_still_validates_and_checks_other_formats() -> None:
    code = (
        "import diligence.runner, jsonschema\n"
        "draft = jsonschema.Draft7Validator\n"
        "checker = draft.FORMAT_CHECKER\n"
        "print(draft({'type': 'integer'}).is_valid('x'), checker.conforms('2026-13-01', 'date'))"
    )
    assert run(code) == ["False", "False"]
