"""`python -m bench.evaluate CORPORA [--misses]`: how right is the product? Prints one table (Markdown).

CORPORA is the folder with the development corpora, or the archive they come in.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.evaluate.archive import archive_rows
from bench.evaluate.corpora import NoCorporaError, find
from bench.evaluate.labelled import labelled_mail
from bench.evaluate.table import misses, table


def main() -> int:
    """Measure, print, and say by the exit code whether there was anything to measure by."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="corpora-") as folder:
        try:
            corpora = find(options.corpora, Path(folder))
        except NoCorporaError as error:
            print(error, file=sys.stderr)
            return 2
        sections = [labelled_mail(corpora), *archive_rows(corpora)]
    print(table(sections))
    if options.misses:
        print(misses(sections))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluate", description=__doc__)
    parser.add_argument("corpora", type=Path, nargs="?", help="the folder of the corpora, or dev-pack.tar.xz")
    parser.add_argument("--misses", action="store_true", help="list up to ten misses of each row below the table")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
