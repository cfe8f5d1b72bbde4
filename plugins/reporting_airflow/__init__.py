"""Adapters between Airflow and the domain package: operators, triggers, names. No business rule lives
here.
"""
