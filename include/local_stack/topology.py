"""Which parts a stack has: on a laptop the scheduler runs the tasks, in an office Celery workers do, every
service is encrypted, people log in with accounts of their own, and a proxy stands in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

POSTGRES_PART = "postgres"
REDIS_PART = "redis"
CAPTURE_PART = "capture"
STORAGE_PART = "storage"
PROXY_PART = "proxy"
API_PART = "api-server"
SCHEDULER_PART = "scheduler"


@dataclass(frozen=True)
class Topology:
    """The shape of one stack; the laptop's by default.

    ``workers`` is the number of Celery workers, 0 where the scheduler runs the tasks itself;
    ``concurrency`` how many tasks run at once, in each worker or in all; ``has_storage`` says that the
    archive lies in an object storage that belongs to the stack.
    """

    workers: int = 0
    concurrency: int = 4
    schedulers: int = 1
    has_storage: bool = False

    def __post_init__(self) -> None:
        if self.workers < 0 or self.concurrency < 1 or self.schedulers < 1:
            raise ValueError("a stack has no fewer than one scheduler and one task at a time")
        if self.schedulers > 1 and not self.is_office:
            raise ValueError("several schedulers need Celery workers: each would run tasks of its own")

    @property
    def is_office(self) -> bool:
        """Whether Celery workers run the tasks."""
        return self.workers > 0

    @property
    def services(self) -> tuple[str, ...]:
        """What Airflow's parts need, in the order in which it is started."""
        return (
            POSTGRES_PART,
            *((REDIS_PART,) if self.is_office else ()),
            CAPTURE_PART,
            *((STORAGE_PART,) if self.has_storage else ()),
        )

    @property
    def airflow(self) -> Mapping[str, tuple[str, ...]]:
        """Airflow's own parts, with the words that follow ``airflow`` on their command lines."""
        parts: dict[str, tuple[str, ...]] = {API_PART: ("api-server",)}
        if self.is_office:
            parts[API_PART] = ("api-server", "--proxy-headers")
        parts[SCHEDULER_PART] = ("scheduler",)
        for number in range(2, self.schedulers + 1):
            parts[f"{SCHEDULER_PART}-{number}"] = ("scheduler",)
        parts |= {"dag-processor": ("dag-processor",), "triggerer": ("triggerer",)}
        for name in self.worker_names:
            command = ("celery", "worker", "--concurrency", str(self.concurrency))
            parts[name] = (*command, "--celery-hostname", f"{name}@%h")
        return parts

    @property
    def worker_names(self) -> tuple[str, ...]:
        """The names of the Celery workers."""
        return tuple(f"worker{number}" for number in range(1, self.workers + 1))

    @property
    def parts(self) -> tuple[str, ...]:
        """Every part in the order in which it is started."""
        return (*self.services, *self.airflow, *((PROXY_PART,) if self.is_office else ()))

    @property
    def port_holders(self) -> Mapping[str, str]:
        """Each port of ``Ports`` with the part that listens on it."""
        first = self.worker_names[0] if self.is_office else SCHEDULER_PART
        further = (REDIS_PART, PROXY_PART) if self.is_office else ()
        storage = (STORAGE_PART,) if self.has_storage else ()
        return {
            "api": API_PART,
            "postgres": POSTGRES_PART,
            "smtp": CAPTURE_PART,
            "worker_logs": first,
            "trigger_logs": "triggerer",
            **{name: name for name in (*further, *storage, *self.worker_names[1:])},
        }


LAPTOP = Topology()
