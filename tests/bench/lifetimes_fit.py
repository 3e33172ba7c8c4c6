"""Fits BG/NBD with the `lifetimes` package to the clients that risk_bench wrote: the yardstick of its goal.

Usage: lifetimes_fit.py FILE. Prints one line; says so where the package is missing (pip install lifetimes).
"""

import csv
import sys
import time
import warnings

warnings.simplefilter("ignore")


def main(file):
    try:
        import numpy
        import pandas
        from lifetimes import BetaGeoFitter
    except ImportError as missing:
        print(f"the same fit with lifetimes       not measured: {missing} (pip install lifetimes)")
        return
    with open(file, newline="") as lines:
        x, t_x, age = numpy.array(list(csv.reader(lines)), dtype=float).T
    # Equal clients are counted once there too, by its own weights.
    clients = pandas.DataFrame({"x": x, "t_x": t_x, "T": age}).value_counts().reset_index(name="count")
    fitter = BetaGeoFitter()
    start = time.process_time()
    fitter.fit(clients["x"], clients["t_x"], clients["T"], weights=clients["count"])
    seconds = time.process_time() - start
    found = ", ".join(f"{name} {value:.3f}" for name, value in fitter.params_.items())
    print(f"the same fit with lifetimes      {seconds:8.4f} s ({found})")


if __name__ == "__main__":
    main(sys.argv[1])
