"""Variant (c): Everthread itself, by the program that `make run` ends with."""

import sys

from chatapp.serve import main

if __name__ == "__main__":
    sys.exit(main())
