"""`python -m orchestrator.entry` is `fabcommons`."""

from orchestrator.entry.main import main

main()
