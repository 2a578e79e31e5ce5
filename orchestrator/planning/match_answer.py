"""What `fabcommons match` answers: who can, who cannot and why, and what a lab lacks."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from orchestrator.planning.match_files import DAY_S, RequirementIn, requirement_in
from routing.matching.index import Index, able, find, indexed, why_not
from routing.matching.partial import covers, machines_of, nearest
from routing.matching.problem import Capability, Mismatch, Requirement
from routing.matching.processes import process_named


def answer(
    asked: Sequence[RequirementIn],
    capabilities: Sequence[Capability],
    *,
    limit: int,
    language: str,
    brief: bool,
) -> dict[str, Any]:
    """Return the whole answer in plain values, in the order of the requirements."""
    index = indexed(capabilities)
    wanted = [requirement_in(one) for one in asked]
    return {
        "requirements": [
            _about(
                one.id, requirement, index, limit=limit, language=language, brief=brief
            )
            for one, requirement in zip(asked, wanted, strict=True)
        ],
        "designs": _designs(asked, wanted, index, limit, language),
        "unknown_processes": sorted(
            {
                process
                for capability in capabilities
                for process in capability.processes
                if process_named(process) is None
            }
        ),
    }


def _about(
    name: str,
    requirement: Requirement,
    index: Index,
    *,
    limit: int,
    language: str,
    brief: bool,
) -> dict[str, Any]:
    found = find(index, requirement, limit=limit)
    about: dict[str, Any] = {
        "id": name,
        "process": process_named(requirement.process),
        "count": found.count,
        "matches": [
            {
                **_named(match.capability),
                "substituted": list(match.substituted),
                "setup_needed": match.setup_needed,
                "told": [
                    {
                        "field": told.field,
                        "source": told.source,
                        "age_days": None if told.age_s is None else told.age_s // DAY_S,
                        "where": told.where,
                    }
                    for told in match.capability.told
                ],
            }
            for match in found.matches
        ],
        "refused": dict(found.refused),
    }
    if not brief:
        can = {int(place) for place in able(index, requirement)}
        reasons = why_not(index, requirement, language)
        about["rejected"] = [
            {**_named(one), "reasons": _reasons(reasons(place))}
            for place, one in enumerate(index.capabilities)
            if place not in can
        ]
    return about


def _designs(
    asked: Sequence[RequirementIn],
    wanted: Sequence[Requirement],
    index: Index,
    limit: int,
    language: str,
) -> list[dict[str, Any]]:
    """For each design: the labs that make the most of it, and what each lacks."""
    steps_of: defaultdict[str, list[int]] = defaultdict(list)
    for step, one in enumerate(asked):
        if one.design is not None:
            steps_of[one.design].append(step)
    designs = []
    for design, steps in steps_of.items():
        found = covers([wanted[step] for step in steps], index)
        machines = machines_of(index, {cover.facility for cover in found[:limit]})
        labs = [
            {
                "facility": cover.facility,
                "made": [asked[steps[one]].id for one in cover.made],
                "lacking": [
                    _lack(
                        asked[steps[one]].id,
                        wanted[steps[one]],
                        machines[cover.facility],
                        language,
                    )
                    for one in cover.lacking
                ],
            }
            for cover in found[:limit]
        ]
        designs.append({"design": design, "facilities": labs})
    return designs


def _lack(
    step: str,
    requirement: Requirement,
    machines: Sequence[Capability],
    language: str,
) -> dict[str, Any]:
    near = nearest(requirement, machines, language)
    if near is None:
        return {"id": step}
    machine, lacks = near
    return {"id": step, "nearest": machine.machine, "reasons": _reasons(lacks)}


def _named(capability: Capability) -> dict[str, str]:
    return {
        "facility": capability.facility,
        "machine": capability.machine,
        "name": capability.name,
    }


def _reasons(mismatches: Sequence[Mismatch]) -> list[dict[str, str]]:
    return [
        {
            "code": one.code,
            "text": one.text,
            "required": one.required,
            "offered": one.offered,
        }
        for one in mismatches
    ]
