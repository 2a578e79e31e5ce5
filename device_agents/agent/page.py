"""The local page's looks: one plain HTML document that works with no network.

It works without a script; with one it keeps itself fresh and keeps the focus.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any

from firmware_bridge.facts import RUN_OUT, WAITS

_WORDS = {
    "idle": "Ready",
    "needs-arming": "Waits for you",
    "needs-clearing": "Take the piece out",
    "running": "Running",
    "paused": "Paused",
    "alarm": "Alarm",
    "offline": "Not answering",
    "unknown": "Look at it: nobody saw how the job ended",
}
CABLE = "The connection was lost: its cable or its power"
_LINK = re.compile(r"(reading|writing) failed|can't be opened|link-lost")
_STYLE = """
:root{color-scheme:light dark;--line:#8a8a8a;--go:#0b6b2f;--halt:#a1140a}
*{box-sizing:border-box}
body{font:1.05rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.15rem;margin:0}
section{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}
.state{font-weight:600}p{margin:.4rem 0}
label{display:block;font-weight:600}
.who{display:flex;flex-wrap:wrap;gap:.6rem 1.5rem}
input{font:inherit;padding:.5rem;min-height:3.5rem;width:10rem}
button,.button{font:inherit;font-weight:600;padding:.5rem 1.2rem;min-height:3.5rem;
 margin:.6rem 1rem 0 0;border:2px solid currentColor;border-radius:.4rem;
 background:Canvas;color:CanvasText;cursor:pointer}
.button{display:inline-block;text-decoration:none;align-content:center}
button.go{background:var(--go);border-color:var(--go);color:#fff}
button.halt{background:var(--halt);border-color:var(--halt);color:#fff}
:focus-visible{outline:3px solid Highlight;outline-offset:2px}
[role=alert]{border-left:.4rem solid var(--halt);padding:.2rem .8rem}
.tick{display:flex;gap:.6rem;align-items:center;font-weight:400;min-height:3rem}
.tick input{width:1.5rem;min-height:1.5rem;flex:none}h3{font-size:1.05rem;margin:.8rem 0 0}
progress{width:100%;height:1rem}ul,ol{padding-left:1.4rem}
summary{min-height:3rem;align-content:center}.look{display:block;margin:.6rem 0;max-width:100%;border-radius:.4rem}.big{font-size:2rem;font-weight:700}
"""
_SCRIPT = """
const place=document.getElementById('machines');let last=place.innerHTML;
setInterval(async()=>{try{
 const answer=await fetch('/fragment');if(!answer.ok)return;
 const text=await answer.text();if(text===last)return;last=text;
 const focus=document.activeElement&&document.activeElement.id;
 const kept=[...place.querySelectorAll('input')].map(one=>[one.id,one.value,one.checked]);
 place.innerHTML=text;
 for(const [id,value,checked] of kept){const one=document.getElementById(id);
  if(one){one.checked=checked;if(one.type==='number')one.value=value;}}
 if(focus){const again=document.getElementById(focus);if(again)again.focus();}
}catch{document.getElementById('away').hidden=false;return}
document.getElementById('away').hidden=true},2000);
setInterval(()=>{for(const seen of document.querySelectorAll('.look'))
 seen.src=seen.src.split('?')[0]+'?'+Date.now()},10000);
"""


def page(
    state: dict[str, Any], *, nonce: str, message: str | None = None, by: str = ""
) -> str:
    """The whole document. `by`: who is there, as this tablet knows it.

    Its first button is off, so that Enter in the PIN's field presses none: a machine
    is started by its own button and by nothing else.
    """
    said = f'<p role="alert">{escape(message)}</p>' if message else ""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Machines here</title><link rel="icon" href="data:,">
<style nonce="{nonce}">{_STYLE}</style></head>
<body><main><h1>Machines here</h1>{said}
<p id="away" role="alert" hidden>This page has lost the agent. Look at the machines
themselves.</p>
<form method="post" action="/arm" autocomplete="off">
<button type="submit" disabled hidden></button>
<div class="who"><div><label for="by">Your name or initials</label>
<input id="by" name="by" value="{escape(by, quote=True)}" maxlength="40"
 autocomplete="off" aria-describedby="by-why"></div>
<div><label for="pin">PIN</label>
<input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off"></div>
</div>
<p id="by-why">The job's history says who started it. The name stays on this tablet.</p>
<p>Pause and Stop need no PIN. Stop is no emergency stop: for that, use the red
switch at the machine.</p>
<div id="machines">{fragment(state)}</div></form>
<p><a class="button" href="{escape(state["board"], quote=True)}">The lab's board in the
network</a></p></main>
<script nonce="{nonce}">{_SCRIPT}</script></body></html>
"""


def fragment(state: dict[str, Any]) -> str:
    """The part that changes."""
    machines = sorted(state["machines"], key=_urgency)
    return "".join([*_network(state), *(_machine(one) for one in machines)])


def _urgency(machine: dict[str, Any]) -> int:
    """What needs hands comes first, then what runs; each group in the lab's order."""
    if machine["state"] == "offline":
        return 0 if machine["job"] else 3
    if _waits(machine):
        return 0
    return {"running": 1, "paused": 1, "idle": 2}.get(machine["state"], 0)


def _plain(text: str) -> str:
    """The words of ports and drivers as people say them."""
    if _LINK.search(text):
        return CABLE
    told = text.removeprefix(WAITS)
    return told if told == text else f"{told[:1].upper()}{told[1:]}."


def _network(state: dict[str, Any]) -> Iterator[str]:
    if state["fenced"]:
        yield (
            '<p role="alert">The network has shut this agent out '
            f"({escape(state['fenced'])}). Nothing new can start here. Tell your "
            "network's steward.</p>"
        )
    elif state["connected"]:
        yield "<p>In touch with the network.</p>"
    else:
        yield (
            "<p>The network is away. Work here goes on; "
            f"{state['untold']} messages wait.</p>"
        )
    if state["alarms"]:
        items = "".join(f"<li>{escape(text)}</li>" for text in state["alarms"][-5:])
        yield f"<details><summary>Notices</summary><ul>{items}</ul></details>"


def _may_go_on(machine: dict[str, Any]) -> bool:
    return bool((machine.get("interrupted") or {}).get("offers"))


def _waits(machine: dict[str, Any]) -> bool:
    """Whether it stands still until somebody comes, by its own will."""
    return machine["state"] == "paused" and WAITS in (machine.get("text") or "")


def _state_words(machine: dict[str, Any]) -> str:
    if machine["state"] in ("needs-clearing", "unknown") and _may_go_on(machine):
        return "It stopped in mid-job and may go on: look at it"
    if machine["state"] == "idle" and machine["job"]:
        return "Its next job is made ready"
    return "Waits for you" if _waits(machine) else _WORDS[machine["state"]]


def _machine(machine: dict[str, Any]) -> str:
    machine_id = escape(machine["machine_id"])
    parts = [
        f'<section aria-labelledby="m-{machine_id}">',
        f'<h2 id="m-{machine_id}">{escape(machine["name"])}</h2>',
        f'<p class="state">{_state_words(machine)}</p>',
    ]
    if machine.get("text"):
        parts.append(f"<p>{escape(_plain(machine['text']))}</p>")
    if machine["loaded"]:
        parts.append(f"<p>In it: {escape(', '.join(machine['loaded']))}</p>")
    if machine["camera"]:
        name = escape(machine["name"], quote=True)
        parts.append(
            f'<img class="look" src="/snapshot/{machine_id}" alt="{name}, seen by its '
            'camera">'
        )
    job = machine["job"]
    if job:
        parts.append(_job(machine, job))
        parts.append(_interrupted(machine, job))
    parts += _to_do(machine, job)
    parts += _buttons(machine, job)
    for waiting in machine["queue"]:
        parts.append(f"<p>Then: {escape(waiting['label'])}</p>")
    return "".join([*parts, "</section>"])


def _job(machine: dict[str, Any], job: dict[str, Any]) -> str:
    facts = [f"{job['pieces']} pieces" if job["pieces"] != 1 else "1 piece"]
    if job["material"]:
        facts.append(f"material {job['material']}")
    facts.append(f"about {round(job['expected_s'] / 60)} min")
    lines = [f"<p>{escape(job['label'])}: {escape(', '.join(facts))}.</p>"]
    if job["stage"] == "armed" and job["armed_until"]:
        until = datetime.fromisoformat(job["armed_until"])
        lines.append(f"<p>Armed{_by(job)} until {until:%H:%M}.</p>")
    elif job["stage"] == "started" and job["armed_by"]:
        lines.append(f"<p>Started{_by(job)}.</p>")
    lines += _checking(machine, job)
    done = machine.get("done")
    if done is not None and machine["state"] in ("running", "paused"):
        percent = round(100 * done)
        name = escape(machine["name"])
        lines.append(
            f'<p>{percent} % done.</p><progress max="100" value="{percent}" '
            f'aria-label="{name}: done"></progress>'
        )
        if machine.get("remaining_s") is not None:
            left = duration(machine["remaining_s"])
            lines.append(f'<p class="big">{left} left</p>')
    if job["stage"] == "ended" and job["outcome"] != "completed":
        why = f": {escape(_plain(job['reason']))}" if job["reason"] else ""
        lines.append(f"<p><strong>{job['outcome'].capitalize()}</strong>{why}.</p>")
    return "".join(lines)


def _by(job: dict[str, Any]) -> str:
    return f" by {escape(job['armed_by'].rstrip('.'))}" if job["armed_by"] else ""


def _checking(machine: dict[str, Any], job: dict[str, Any]) -> Iterator[str]:
    """How far its program is on its way to being offered."""
    checked = machine["checked"]
    if job["stage"] != "received" or machine["state"] != "idle" or job["by_hand"]:
        return
    if checked is None:
        yield "<p>Its program is fetched, then checked when it is its turn.</p>"
        return
    line, lines = checked["line"], max(1, checked["lines"])
    name = escape(machine["name"])
    yield (
        f"<p>Checking its program: line {_spaced(line)} of {_spaced(lines)}.</p>"
        f'<progress max="{lines}" value="{line}" aria-label="{name}: checked">'
        "</progress>"
    )


def _spaced(count: int) -> str:
    """A number for people: 12\N{NO-BREAK SPACE}000."""
    return f"{count:,}".replace(",", "\N{NO-BREAK SPACE}")


def _to_do(machine: dict[str, Any], job: dict[str, Any] | None) -> Iterator[str]:
    """What a person does about a machine that is away, or that holds half a piece."""
    acts = []
    if _waits(machine):
        spool = "Put a new spool of the same material in. Do not move the tool."
        if RUN_OUT in machine["text"]:
            acts.append(spool)
        acts.append("Go on at the printer's own display, button or page: not here.")
    if machine["state"] == "offline":
        acts.append("Look whether it has power and its cable is in at both ends.")
        acts.append("It is found by itself once it answers.")
    is_over = job is not None and job["stage"] == "ended" and not _may_go_on(machine)
    if job and is_over and job["outcome"] != "completed":
        acts.append("Take out what is on the bed and look at it.")
        acts.append("It is never started again by itself: press “Bed cleared”.")
    if acts:
        yield "<ol>" + "".join(f"<li>{act}</li>" for act in acts) + "</ol>"


def duration(seconds: float) -> str:
    """'1 h 20 min'; less than a minute is said so."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _buttons(machine: dict[str, Any], job: dict[str, Any] | None) -> Iterator[str]:
    match machine["state"]:
        case "needs-arming" if job and job["stage"] == "needs-arming":
            material = f"{job['material']} is in: " if job["material"] else ""
            yield _button(machine, job, "arm", f"Bed is clear, {material}start", "go")
            yield _button(machine, job, "cancel", "Take the job away")
        case "idle" if job:
            yield _button(machine, job, "cancel", "Take the job away")
        case "needs-clearing" | "unknown":
            yield from _count(machine, job)
            yield _button(machine, job, "clear", "Bed cleared", "go")
        case "running" | "paused" if job is None or job["stage"] != "started":
            yield _button(machine, job, "stop", "Stop", "halt")  # somebody else's work
        case "running":
            yield _button(machine, job, "pause", "Pause")
            yield _button(machine, job, "cancel", "End the job")
            yield _button(machine, job, "stop", "Stop", "halt")
        case "paused":
            if not _waits(machine):
                yield _button(machine, job, "resume", "Go on", "go")
            yield _button(machine, job, "cancel", "End the job")
            yield _button(machine, job, "stop", "Stop", "halt")
        case "alarm":
            yield _button(machine, job, "home", "Find zero")
            yield _button(machine, job, "unlock", "Unlock")


def _interrupted(machine: dict[str, Any], job: dict[str, Any]) -> str:
    """How far it came, and what may be done about the rest."""
    known = machine.get("interrupted")
    if known is None or job["stage"] != "ended":
        return ""
    where = f", at {known['place']}" if known["place"] else ""
    layer = f", layer {known['layer']}" if known["layer"] else ""
    parts = [
        f"<p>Certainly made: {known['confirmed']} of {known['lines_total']} lines"
        f"{escape(layer + where)}.</p>"
    ]
    if known["refusal"]:
        parts.append(
            f'<p role="note">It can\'t go on: {escape(known["refusal"])}. Count the '
            "good pieces and clear the bed; what lacks is made anew.</p>"
        )
    if known["offers"]:
        parts += _offers(machine, job, known)
    return "".join(parts)


def _offers(
    machine: dict[str, Any], job: dict[str, Any], known: dict[str, Any]
) -> Iterator[str]:
    what = escape(f"{machine['machine_id']}/{job['job_id']}", quote=True)
    yield "<h3>Go on with it</h3><p>First the machine:</p><ol>"
    yield from (f"<li>{escape(words)}</li>" for words in known["offers"][0]["says"])
    yield "</ol>"
    if known["needs_zero"]:
        if not machine["is_homed"]:
            yield "<p>It must find its zero first. Look that its way is free.</p>"
            yield _button(machine, job, "home", "Find zero")
            return
        yield "<p>It has found its zero.</p>"
    yield (
        f'<label class="tick"><input id="looked-{escape(machine["machine_id"])}" '
        f'type="checkbox" name="looked" value="{what}"> I have looked: the work has '
        "not moved, the tool is whole, the way is free</label>"
    )
    for offer in known["offers"]:
        words = f"Go on from {_from_where(offer)}"
        yield _button(machine, job, "go-on", words, "go", line=offer["line"])
        again = (
            f" Up to {offer['again_mm']:g} mm of path are made a second time."
            if offer["again_mm"]
            else ""
        )
        left = f"about {max(1, round(offer['remaining_s'] / 60))} min left"
        yield f"<p>{escape(offer['place'])}: {left}.{again}</p>"


def _from_where(offer: dict[str, Any]) -> str:
    match offer["kind"]:
        case "layer":
            return f"layer {offer['layer']}"
        case "lift" if offer["layer"]:
            return f"the last lift in layer {offer['layer']}"
        case "lift":
            return f"the lift before line {offer['line'] + 1}"
        case _:
            return f"the path at line {offer['line'] + 1}"


def _count(machine: dict[str, Any], job: dict[str, Any] | None) -> Iterator[str]:
    """How many pieces are good: what lacks is made again, and no more."""
    if job is None or job["outcome"] in ("failed", "cancelled"):
        return
    if _may_go_on(machine):
        yield "<h3>Or end it</h3>"
    name = escape(f"good/{machine['machine_id']}/{job['job_id']}", quote=True)
    field = f"good-{escape(machine['machine_id'])}"
    all_good = job["outcome"] == "completed"
    empty = "all" if all_good else "none"
    yield (
        f'<label for="{field}">Good pieces of {job["pieces"]} (empty: {empty})</label>'
        f'<input id="{field}" name="{name}" type="number" min="0" '
        f'max="{job["pieces"]}" inputmode="numeric">'
    )


def _button(
    machine: dict[str, Any],
    job: dict[str, Any] | None,
    act: str,
    words: str,
    kind: str = "",
    *,
    line: int | None = None,
) -> str:
    what = f"{machine['machine_id']}/{job['job_id'] if job else ''}"
    own = "" if line is None else f"-{line}"
    what += "" if line is None else f"/{line}"
    name = escape(machine["name"], quote=True)
    return (
        f'<button id="{act}{own}-{escape(machine["machine_id"])}" class="{kind}" '
        f'formaction="/{act}" name="what" value="{escape(what, quote=True)}" '
        f'aria-label="{escape(words, quote=True)} ({name})">{escape(words)}</button>'
    )
