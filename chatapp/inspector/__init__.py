"""The administrators' inspector of threads, inside Django admin: see, compare, act; under audit."""
