"""Turns results into memos, reviews and cards: PDF, HTML and workbook."""

from diligence.lean_imports import import_jsonschema_without_iri_grammar

import_jsonschema_without_iri_grammar()
