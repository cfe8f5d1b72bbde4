"""Who may do what in an office's Airflow: ``python -m local_stack.accounts``.

Brings FAB's roles to ``accounts.yaml`` beside this module and takes away what that file does not say. With
``--accounts FILE`` it makes the accounts that the file names, brings their names, addresses and roles to it
and closes all others. The first password of an account is read from a file beside it (or in ``--passwords
FOLDER``) named ``<name>_password``; afterwards it is the person's own, and ``--reset NAME`` alone sets it
anew. Everything may be done any number of times. Works with Airflow's configuration in the environment.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, EmailStr, Field, ValidationError, model_validator

if TYPE_CHECKING:
    from airflow.providers.fab.auth_manager.models import User
    from airflow.providers.fab.auth_manager.security_manager.override import (
        FabAirflowSecurityManagerOverride as SecurityManager,
    )

TABLE = Path(__file__).with_name("accounts.yaml")
Permission = tuple[str, str]
_GROUP = re.compile(r"\{([a-z_]+)\}$")
_SHORTEST_PASSWORD = 12
_BUILT_IN = frozenset({"Admin", "Op", "User", "Viewer", "Public"})


class AccountsError(RuntimeError):
    """Roles or accounts cannot be brought to their file; the message names the file and the remedy."""


class Role(BaseModel):
    """A role by its name in Vietnamese and what it is in English."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    who: str


class Ability(BaseModel):
    """Something one may do, the roles that may, and the permissions that it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    roles: tuple[str, ...]
    permissions: tuple[Permission, ...]


class Table(BaseModel):
    """The whole of ``accounts.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    roles: dict[str, Role]
    administrator: str
    dags: dict[str, tuple[str, ...]]
    abilities: dict[str, Ability]

    @model_validator(mode="after")
    def _names_what_exists(self) -> Table:
        for name, ability in self.abilities.items():
            unknown = set(ability.roles) - set(self.roles)
            if unknown:
                raise ValueError(f"abilities.{name}.roles: no such role: {', '.join(sorted(unknown))}")
            for _, resource in ability.permissions:
                group = _GROUP.search(resource)
                if group and group[1] not in self.dags:
                    raise ValueError(f"abilities.{name}.permissions: no such group of DAGs: {group[1]}")
        return self

    def permissions(self, role: str, dag_ids: Sequence[str]) -> frozenset[Permission]:
        """All that a role may do, where Airflow has these DAGs."""
        return frozenset(
            (action, name)
            for ability in self.abilities.values()
            if role in ability.roles
            for action, resource in ability.permissions
            for name in self._names(resource, dag_ids)
        )

    def markdown(self) -> str:
        """The table of who may do what, as docs/accounts.md shows it."""
        heads = ["", *(f"{role.who}<br>`{name}`" for name, role in self.roles.items())]
        rows = [[*heads, f"Administrator<br>`{self.administrator}`"], ["---"] + [":-:"] * (len(heads))]
        for ability in self.abilities.values():
            cells = ["yes" if role in ability.roles else "–" for role in self.roles]
            rows.append([ability.title, *cells, "yes"])
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)

    def group(self, name: str, dag_ids: Sequence[str]) -> list[str]:
        """The DAGs of a group."""
        patterns = self.dags[name]
        return [d for d in dag_ids if any(fnmatchcase(d, pattern) for pattern in patterns)]

    def _names(self, resource: str, dag_ids: Sequence[str]) -> list[str]:
        group = _GROUP.search(resource)
        if group is None:
            return [resource]
        return [resource[: group.start()] + dag_id for dag_id in self.group(group[1], dag_ids)]


class Account(BaseModel):
    """One person: the name with which they log in and which stands in records, and what they may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_.-]{1,63}$")]
    full_name: Annotated[str, Field(min_length=1, max_length=128)]
    email: EmailStr
    role: str


class Accounts(BaseModel):
    """A file of accounts."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    accounts: tuple[Account, ...]

    @model_validator(mode="after")
    def _each_once(self) -> Accounts:
        for kind in ("name", "email"):
            values = [getattr(account, kind) for account in self.accounts]
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"accounts: {kind} given twice: {', '.join(twice)}")
        return self


def load_table(path: Path = TABLE) -> Table:
    """Read the table of roles. Raises AccountsError naming the file and the place."""
    return Table.model_validate(_read(path, Table))


def load_accounts(path: Path, table: Table) -> tuple[Account, ...]:
    """Read a file of accounts. Raises AccountsError naming the file, the place and the remedy."""
    accounts = Accounts.model_validate(_read(path, Accounts)).accounts
    known = {*table.roles, table.administrator}
    for account in accounts:
        if account.role not in known:
            raise AccountsError(
                f"{path}: account {account.name}: there is no role {account.role}; "
                f"choose one of {', '.join(sorted(known))}"
            )
    if not any(account.role == table.administrator for account in accounts):
        raise AccountsError(f"{path}: nobody has the role {table.administrator}: name an administrator")
    return accounts


def _read(path: Path, kind: type[BaseModel]) -> Any:
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        kind.model_validate(content)
    except OSError as error:
        raise AccountsError(
            f"{path} cannot be read ({error.strerror}): write it, see docs/accounts.md"
        ) from error
    except yaml.YAMLError as error:
        raise AccountsError(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        places = "; ".join(
            f"{'.'.join(str(part) for part in found['loc']) or 'the file'}: {found['msg']}"
            for found in error.errors()
        )
        raise AccountsError(f"{path} cannot be used: {places}") from error
    return content


def first_password(folder: Path, name: str) -> str:
    """Read an account's first password. Raises AccountsError where it is missing or too short."""
    path = folder / f"{name}_password"
    try:
        password = path.read_text("utf-8").strip()
    except OSError as error:
        raise AccountsError(
            f"account {name} has no password yet: write its first one into {path} ({error.strerror})"
        ) from error
    if len(password) < _SHORTEST_PASSWORD:
        raise AccountsError(f"{path}: a password has at least {_SHORTEST_PASSWORD} characters")
    return password


@dataclass(frozen=True)
class Book:
    """FAB's roles and accounts, by its security manager."""

    manager: SecurityManager

    def bring_roles(self, table: Table, dag_ids: Sequence[str]) -> list[str]:
        """Bring every role of the table to it, and end roles that neither it nor FAB knows.

        Returns what was changed, one line each.
        """
        changed = []
        for name in table.roles:
            role = self.manager.find_role(name) or self.manager.add_role(name)
            wanted = table.permissions(name, dag_ids)
            present = {(p.action.name, p.resource.name): p for p in role.permissions}
            for action, resource in sorted(wanted - set(present)):
                permission = self.manager.create_permission(action, resource)
                self.manager.add_permission_to_role(role, permission)
                changed.append(f"{name}: + {action} {resource}")
            for action, resource in sorted(set(present) - wanted):
                self.manager.remove_permission_from_role(role, present[action, resource])
                changed.append(f"{name}: - {action} {resource}")
        for role in self.manager.get_all_roles():
            if role.name not in _BUILT_IN and role.name not in table.roles:
                for user in [u for u in self.manager.get_all_users() if role in u.roles]:
                    user.roles = [r for r in user.roles if r != role]
                    self._keep(user)
                self.manager.delete_role(role.name)
                changed.append(f"{role.name}: role ended")
        return changed

    def bring_accounts(
        self, accounts: Sequence[Account], passwords: Path, reset: Sequence[str] = ()
    ) -> list[str]:
        """Make, change and close accounts until they are those of the file. Returns what was changed.

        Raises AccountsError where a first password is missing, or FAB refuses an account.
        """
        changed = []
        for account in accounts:
            role = self.manager.find_role(account.role)
            if role is None:
                raise AccountsError(f"Airflow has no role {account.role}: run `airflow db migrate` first")
            last, _, first = account.full_name.partition(" ")
            user = self.manager.find_user(username=account.name)
            if user is None:
                password = first_password(passwords, account.name)
                made: object = self.manager.add_user(
                    account.name, first or last, last, account.email, role, password=password
                )
                if not made:  # FAB gives back False
                    raise AccountsError(f"account {account.name} was refused: is {account.email} another's?")
                changed.append(f"{account.name}: made, {account.role}")
                continue
            if account.name in reset:
                self.manager.reset_password(user.id, first_password(passwords, account.name))
                changed.append(f"{account.name}: password set anew")
            wanted = {"first_name": first or last, "last_name": last, "email": account.email, "active": True}
            differing = {k: v for k, v in wanted.items() if getattr(user, k) != v}
            if differing or user.roles != [role]:
                for field, value in differing.items():
                    setattr(user, field, value)
                user.roles = [role]
                self._keep(user)
                changed.append(f"{account.name}: {', '.join([*differing, account.role])}")
        named = {account.name for account in accounts}
        for user in self.manager.get_all_users():
            if user.username not in named and user.active:
                user.active = False
                self._keep(user)
                changed.append(f"{user.username}: closed")
        unknown = sorted(set(reset) - named)
        if unknown:
            raise AccountsError(f"no such account in the file: {', '.join(unknown)}")
        return changed

    def _keep(self, user: User) -> None:
        """Write a changed account. Raises AccountsError where FAB refuses it; why stands in its log alone."""
        name, email = user.username, user.email
        if not self.manager.update_user(user):
            raise AccountsError(f"account {name} could not be changed: is {email} another's?")


def dag_ids() -> list[str]:
    """Return the DAGs of this clone, whether or not Airflow has read them yet.

    Raises AccountsError where one cannot be read: the roles would lose what they may do with it.
    """
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag()
    if bag.import_errors:
        found = "; ".join(
            f"{file}: {said.strip().splitlines()[-1]}" for file, said in bag.import_errors.items()
        )
        raise AccountsError(f"a DAG cannot be read, the roles stay as they are: {found}")
    return sorted(bag.dags)


def bring(accounts: Path | None, passwords: Path | None, reset: Sequence[str] = ()) -> list[str]:
    """Bring roles, and accounts where a file of them is given, to their files; returns what was changed.

    Raises AccountsError.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    table = load_table()
    given = None if accounts is None else load_accounts(accounts, table)
    known = dag_ids()
    with get_application_builder() as builder:
        book = Book(builder.sm)
        changed = book.bring_roles(table, known)
        if accounts is not None and given is not None:
            changed += book.bring_accounts(given, passwords or accounts.parent, reset)
    return changed


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m local_stack.accounts", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--accounts", type=Path, help="file of accounts (YAML)")
    parser.add_argument(
        "--passwords", type=Path, help="folder of first passwords; beside the file if not given"
    )
    parser.add_argument("--reset", action="append", default=[], metavar="NAME", help="set the password anew")
    parser.add_argument("--table", action="store_true", help="print who may do what, and change nothing")
    chosen = parser.parse_args(arguments)
    if chosen.table:
        sys.stdout.write(load_table().markdown())
        return 0
    if chosen.reset and chosen.accounts is None:
        parser.error("--reset needs --accounts")
    try:
        changed = bring(chosen.accounts, chosen.passwords, chosen.reset)
    except AccountsError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in changed) or "nothing to change\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
