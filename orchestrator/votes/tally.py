"""The tally of a poll: plain Python, so that anyone can count the published record.

    python tally.py record.json

counts a record as the network published it and prints the result. Nothing here needs
the network, its database or a library.
"""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = "fabcommons-poll-1"
PERMILLE = 1_000
CONSENT = ("agree", "stand-aside", "object")
MAJORITY = ("yes", "abstain", "no")
PASSED, REFUSED, NO_QUORUM = "passed", "refused", "no-quorum"
EXPONENT = 65_537  # of the key that signs secret ballots
SPARE_OCTETS = 16  # beyond the modulus, so that no number is likelier than another


class InvalidRecordError(ValueError):
    """The record says what no poll of ours can say: do not trust its result."""


@dataclass(frozen=True)
class Result:
    """What a poll decided. `counts`: voices by choice, or points by option.

    `voices`: members who spoke, themselves or through whom they trust. `winner`: the
    option with most points of a poll by score; None elsewhere and without a quorum. In
    a secret poll a voice is a ballot: nobody speaks for another.
    """

    outcome: str
    voices: int
    members: int
    counts: dict[str, int]
    winner: str | None = None


def tally(record: Mapping[str, Any]) -> Result:
    """Count a poll's record. The order of its parts decides nothing.

    Consent passes when somebody agrees and at most `limit_permille` of those who agree
    or object do object. Majority passes when more than `limit_permille` of yes and no
    are yes. Score gives each option the sum of its points; equal sums go to the option
    listed first, which is how things are. All need `quorum_permille` of the members.
    Errors: InvalidRecordError.
    """
    if record.get("format") != FORMAT:
        raise InvalidRecordError(f"expected a record of the format {FORMAT}")
    method, rules = record["method"], record
    roll = list(record["roll"])
    if len(set(roll)) != len(roll):
        raise InvalidRecordError("a member stands twice on the roll")
    if "modulus" in record:
        choice_of = _secret_choices(record, roll)
        weight_of = dict.fromkeys(choice_of, 1)
    else:
        choice_of = _choices(record, roll)
        weight_of = weights(roll, choice_of, record["delegations"])
    voices = sum(weight_of.values())
    has_quorum = voices > 0 and voices * PERMILLE >= rules["quorum_permille"] * len(
        roll
    )
    if method == "score":
        return _score(record, choice_of, weight_of, has_quorum)
    names = CONSENT if method == "consent" else MAJORITY
    counts = dict.fromkeys(names, 0)
    for voter, choice in choice_of.items():
        counts[choice] += weight_of[voter]
    limit = rules["limit_permille"]
    if method == "consent":
        agree, against = counts["agree"], counts["object"]
        is_passed = agree > 0 and against * PERMILLE <= limit * (agree + against)
    else:
        yes, against = counts["yes"], counts["no"]
        is_passed = yes * PERMILLE > limit * (yes + against)
    decided = PASSED if is_passed else REFUSED
    return Result(decided if has_quorum else NO_QUORUM, voices, len(roll), counts)


def weights(
    roll: Sequence[str], choice_of: Mapping[str, Any], delegations: Mapping[str, str]
) -> dict[str, int]:
    """How many members each ballot speaks for: the voter, and who trusts her.

    A member's own ballot comes before her trust in another. Trust is passed on until it
    meets a ballot; where it runs in a circle, or ends at somebody who is silent, it is
    a voice not used. So no member is ever counted twice.
    """
    members = set(roll)
    weight_of = dict.fromkeys(choice_of, 0)
    for member in roll:
        speaker, passed = member, {member}
        while speaker not in choice_of:
            trusted = delegations.get(speaker)
            if trusted is None or trusted not in members or trusted in passed:
                break
            passed.add(trusted)
            speaker = trusted
        else:
            weight_of[speaker] += 1
    return weight_of


def commitment(ballot: Mapping[str, Any]) -> str:
    """The hash of a ballot: an open one's stands in the log since it was cast."""
    spelled = json.dumps(
        ballot, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(spelled.encode()).hexdigest()


def number_of(ballot: Mapping[str, Any], modulus: int) -> int:
    """What a secret ballot's signature is over: its hash, spread over the whole domain."""
    octets = (modulus.bit_length() + 7) // 8 + SPARE_OCTETS
    text = commitment(ballot)
    blocks = (octets + 31) // 32
    spread = b"".join(
        hashlib.sha256(f"{number}:{text}".encode()).digest() for number in range(blocks)
    )
    return int.from_bytes(spread[:octets], "big") % modulus


def is_signed(ballot: Mapping[str, Any], signature: str, modulus: str) -> bool:
    """Whether the poll's key signed this very ballot; both are in hexadecimal."""
    n = int(modulus, 16)
    return pow(int(signature, 16), EXPONENT, n) == number_of(ballot, n)


def _secret_choices(record: Mapping[str, Any], roll: Sequence[str]) -> dict[str, Any]:
    """Choices by the ballot's hash: each signed, and no more than members had signed."""
    method, spoke = record["method"], list(record["spoke"])
    if method not in {"majority", "score"}:
        raise InvalidRecordError(f"no secret ballots by {method!r}")
    if len(set(spoke)) != len(spoke) or set(spoke) - set(roll):
        raise InvalidRecordError("who had a ballot signed is on the roll, once")
    choice_of: dict[str, Any] = {}
    for entry in record["ballots"]:
        ballot = {name: told for name, told in entry.items() if name != "signature"}
        name = commitment(ballot)
        if name in choice_of:
            raise InvalidRecordError(f"ballot {name} is in the record twice")
        if (ballot["proposal"], ballot["revision"]) != (
            record["proposal"],
            record["revision"],
        ):
            raise InvalidRecordError(f"ballot {name} is of another poll")
        if not is_signed(ballot, entry["signature"], record["modulus"]):
            raise InvalidRecordError(f"ballot {name} is not signed by the poll's key")
        check_choice(method, ballot["choice"], record["options"], record["score_max"])
        choice_of[name] = ballot["choice"]
    if len(choice_of) > len(spoke):
        raise InvalidRecordError(
            f"{len(choice_of)} ballots, but only {len(spoke)} members had one signed"
        )
    return choice_of


def _choices(record: Mapping[str, Any], roll: Sequence[str]) -> dict[str, Any]:
    method = record["method"]
    if method not in {"consent", "majority", "score"}:
        raise InvalidRecordError(f"there is no method {method!r}")
    members = set(roll)
    choice_of: dict[str, Any] = {}
    for ballot in record["ballots"]:
        voter, choice = ballot["voter"], ballot["choice"]
        if voter not in members:
            raise InvalidRecordError(f"{voter} is not on the roll")
        if voter in choice_of:
            raise InvalidRecordError(f"{voter} voted twice")
        check_choice(method, choice, record["options"], record["score_max"])
        choice_of[voter] = choice
    return choice_of


def check_choice(
    method: str, choice: object, options: Sequence[str], score_max: int
) -> None:
    """Errors: InvalidRecordError for a choice that the method does not know."""
    if method == "score":
        is_known = (
            isinstance(choice, dict)
            and set(choice) == set(options)
            and all(
                type(points) is int and 0 <= points <= score_max
                for points in choice.values()
            )
        )
    else:
        is_known = choice in (CONSENT if method == "consent" else MAJORITY)
    if not is_known:
        raise InvalidRecordError(f"{choice!r} is no choice of a poll by {method}")


def _score(
    record: Mapping[str, Any],
    choice_of: Mapping[str, Mapping[str, int]],
    weight_of: Mapping[str, int],
    has_quorum: bool,
) -> Result:
    options = list(record["options"])
    counts = dict.fromkeys(options, 0)
    for voter, points in choice_of.items():
        for option in options:
            counts[option] += points[option] * weight_of[voter]
    best = max(options, key=lambda option: (counts[option], -options.index(option)))
    voices = sum(weight_of.values())
    if not has_quorum:
        return Result(NO_QUORUM, voices, len(record["roll"]), counts)
    outcome = REFUSED if best == options[0] else PASSED
    return Result(outcome, voices, len(record["roll"]), counts, best)


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_bytes())
    result = tally(told)
    sys.stdout.write(f"{result}\n")
    for number, entry in enumerate(told["ballots"], 1):
        ballot = {name: part for name, part in entry.items() if name != "signature"}
        sys.stdout.write(f"ballot {number}: {commitment(ballot)}\n")
