"""`make bench`: what Everthread adds to a model's answer, beside a bare proxy and a plain LangGraph loop.

`docs/benchmark.md` says what is measured and how. Nothing here is imported by the application.
"""
