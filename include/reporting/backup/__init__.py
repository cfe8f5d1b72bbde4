"""Backups of the warehouse, of Airflow's database and of the archive; restoring them; what a restore leaves
in doubt. docs/backup.md tells how they are used.
"""
