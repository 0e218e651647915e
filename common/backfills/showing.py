"""A back-fill on a terminal: with a bar."""

import sys

from tqdm import tqdm

from common.backfills.working import Pace, begin, work_off
from common.models import BackfillRun


def shown(name: str, *, pace: Pace | None = None) -> BackfillRun:
    """Work it off, with a bar over the keys on a terminal."""
    run = begin(name)
    with tqdm(
        desc=name, total=run.until, initial=run.place, unit="id", disable=not sys.stderr.isatty(), leave=False
    ) as bar:

        def move(now: BackfillRun) -> None:
            bar.set_postfix_str(f"{now.changed:,} rows filled", refresh=False)
            bar.update(now.place - bar.n)

        return work_off(name, pace=pace, told=move)
