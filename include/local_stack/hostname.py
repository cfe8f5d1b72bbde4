"""The name under which Airflow's parts find each other's logs: they all run on this machine."""


def loopback() -> str:
    """Return the loopback address; Airflow asks for it by ``[core] hostname_callable``."""
    return "127.0.0.1"
