"""Running notebooks: parameters checked, kernels started fast, results the same each time."""

from diligence.lean_imports import import_jsonschema_without_iri_grammar

import_jsonschema_without_iri_grammar()
