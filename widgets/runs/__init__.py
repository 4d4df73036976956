"""Training runs: starting them, their curves, their probes."""
