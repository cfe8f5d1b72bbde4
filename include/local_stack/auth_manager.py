"""How an office's accounts are let in: FAB, with one thing told apart that it lumps together.

FAB lets whoever may start or answer a DAG's runs pause that DAG too, because both need the permission to
edit it. Here a permission for one DAG is for its runs and their questions alone; changing a DAG itself, which
is pausing it, takes the permission for all DAGs.
"""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.fab.auth_manager.models import User


class OfficeFabAuthManager(FabAuthManager):
    """FAB's accounts and roles; pausing a DAG is not starting its runs."""

    def is_authorized_dag(
        self,
        *,
        method: ResourceMethod,
        user: User,
        access_entity: DagAccessEntity | None = None,
        details: DagDetails | None = None,
    ) -> bool:
        """Say whether ``user`` may do this to a DAG or to something of it, as FAB's roles have it."""
        changes_the_dag = access_entity is None and method != "GET"
        return super().is_authorized_dag(
            method=method,
            user=user,
            access_entity=access_entity,
            details=None if changes_the_dag else details,
        )
