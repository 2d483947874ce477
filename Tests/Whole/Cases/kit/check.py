"""Expectations of a case."""
import sys


class Check:
    """Collects what a case expects. Exit status: 0 everything was so, 1 something was not, 77 the
    case cannot be tried here."""

    def __init__(self, title):
        self.failed = 0
        print(f"# {title}", flush=True)

    @staticmethod
    def skip(why):
        print("  skip  " + why, flush=True)
        sys.exit(77)

    def that(self, what, holds, saw=None):
        print(("  ok    " if holds else "  FAIL  ") + what + ("" if holds else f": saw {saw!r}"),
              flush=True)
        self.failed += not holds
        return holds

    @staticmethod
    def note(text):
        print("  note  " + text, flush=True)

    def end(self):
        sys.exit(1 if self.failed else 0)
