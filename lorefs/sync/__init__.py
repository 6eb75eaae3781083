"""Observe, plan, apply: rows and files are made equal here, and nowhere else."""
