"""Whether a process of ours answers: `python -m chatapp.probe http://127.0.0.1:8000/readyz`. Standard library only.

For the health checks of containers, whose image has no curl.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def main() -> int:
    """0 when the address answers 200; else 1 and what it said."""
    try:
        with urllib.request.urlopen(sys.argv[1], timeout=SECONDS) as answer:  # noqa: S310 - the operator names it
            return 0 if answer.status == 200 else 1
    except urllib.error.HTTPError as refused:
        print(refused.code, refused.read(1000).decode(errors="replace"))
    except OSError as error:
        print(type(error).__name__)
    return 1


if __name__ == "__main__":
    sys.exit(main())
