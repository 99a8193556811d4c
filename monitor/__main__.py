"""ROOF. `python -m monitor` is `inbox-monitor`."""

from monitor.program import main

if __name__ == "__main__":
    main()
