"""`python -m tests.bench`: what things cost, beside what is promised. Ends with 1 when a promise is not kept."""

from tests.bench.run import main

if __name__ == "__main__":
    raise SystemExit(main())
