"""The same company with fewer of its responses switched on."""

from __future__ import annotations

import dataclasses

from diligence.projections.company_model import CompanyModel, SegmentModel
from diligence.projections.responses import SegmentResponse


def frozen(model: CompanyModel) -> CompanyModel:
    """Switch every response off: nothing is passed on, nobody leaves, nothing is mitigated."""
    segments = tuple(
        dataclasses.replace(
            part,
            lines=tuple(dataclasses.replace(line, pass_through=0.0) for line in part.lines),
        )
        for part in pass_through_only(model).segments
    )
    return dataclasses.replace(model, segments=segments, levers=(), rerouting=(), self_host=())


def pass_through_only(model: CompanyModel) -> CompanyModel:
    """Keep the stated pass-through, at once and without loss of volume: what k* assumes."""
    segments = tuple(dataclasses.replace(part, response=_at_once(part)) for part in model.segments)
    return dataclasses.replace(model, segments=segments, levers=(), rerouting=(), self_host=())


def without_levers(model: CompanyModel) -> CompanyModel:
    """Let customers respond, and leave out what the company would have to do about it."""
    return dataclasses.replace(model, levers=(), rerouting=(), self_host=())


def _at_once(part: SegmentModel) -> SegmentResponse:
    return SegmentResponse(
        usage_priced_share=part.response.usage_priced_share,
        other_fixed_share=part.response.other_fixed_share,
    )
