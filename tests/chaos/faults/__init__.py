"""One module per kind of fault. Each fault is a coroutine: seed and extent in, a `Finding` out."""
