"""Plain scripts that measure speed and print it as ratios of one run: `make bench`."""
