"""How many examples the machines run, and for how long."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.convergence.replicas import repeatable

# All examples of a long run, shared out among the machines (`make soak`); 0 without one. It is
# read here because the tests themselves see no such variable.
SOAK = int(os.environ.get("LOREFS_EXAMPLES", "0"))

# A long run ends when it is through.
patient = pytest.mark.timeout(0 if SOAK else 600)


def run(
    machine: type[RuleBasedStateMachine], examples: int, *, share: float, steps: int = 16
) -> None:
    """Run a machine: so many examples, or its share of those of a long run."""
    if SOAK:
        examples = max(1, int(SOAK * share))
    with repeatable():
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
