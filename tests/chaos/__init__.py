"""The chaos suite: real processes, real faults, clients that keep account of everything they see.

    make chaos                                              everything, at full size
    python -m tests.chaos kills --seed 7 --rounds 10        one fault

`tests/test_chaos.py` is a short cut of it.
"""
