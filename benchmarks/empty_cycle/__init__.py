"""A cycle in which nothing is done: empty tasks in DAGs of a real cycle's shape, recorded once and frozen.

What remains is what Airflow itself takes, beside which a real cycle is measured. Tasks, dependencies, runs,
waits, questions to persons and the moments of the clock are those of shape.json; a wait looks for a file.
"""
