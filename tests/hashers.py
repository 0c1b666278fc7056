"""Argon2 at the lowest cost it takes: the tests sign in hundreds of people."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """The same algorithm and form, in a millisecond."""

    time_cost = 1
    memory_cost = 8
    parallelism = 1
