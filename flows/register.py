"""Registers the work pool and the deployments of `deployments/prefect.yaml`, where they are missing or have changed.

The file is the one description of them: `prefect deploy --all --prefect-file deployments/prefect.yaml` makes the same.
What a person has changed in the UI stays until the file changes.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from prefect import Flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.events import DeploymentEventTrigger
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.flows import load_flow_from_entrypoint
from prefect.schedules import Schedule
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker
from ruamel.yaml import YAML

import flows
from storage.errors import Misconfigured

logger = logging.getLogger(__name__)

FILE: Final = Path(flows.__file__).parent.parent / "deployments" / "prefect.yaml"
POOL: Final = "wiredesk"


def read_deployments(file: Path = FILE) -> list[dict[str, Any]]:
    """Read the deployments' entries.

    Raises:
        Misconfigured: the file is not there.
    """
    try:
        return list(YAML(typ="safe").load(file)["deployments"])
    except FileNotFoundError as error:
        raise Misconfigured("the deployments are not here; run the desk from a checkout", subject=str(file)) from error


async def register(client: PrefectClient) -> dict[str, UUID]:
    """Make the work pool and each deployment that is missing or changed. Gives the ids by deployment name."""
    await _make_pool(client)
    return {entry["name"]: await _register(client, entry) for entry in read_deployments()}


async def _make_pool(client: PrefectClient) -> None:
    try:
        await client.read_work_pool(POOL)
    except ObjectNotFound:
        # A pool of processes, so that a plain `prefect worker start --pool wiredesk` may serve it as well.
        template = ProcessWorker.get_default_base_job_template()
        pool = WorkPoolCreate(
            name=POOL, type="process", base_job_template=template, description="Served by the desks of Wiredesk."
        )
        try:
            await client.create_work_pool(pool)
        except ObjectAlreadyExists:  # another desk was quicker
            return
        logger.info("made work pool %s", POOL)


async def _register(client: PrefectClient, entry: Mapping[str, Any]) -> UUID:
    flow: Flow[..., Any] = load_flow_from_entrypoint(entry["entrypoint"])
    version = _version(entry, flow)
    try:
        known = await client.read_deployment_by_name(f"{flow.name}/{entry['name']}")
        if known.version == version:
            return known.id
    except ObjectNotFound:
        pass
    limit = entry.get("concurrency_limit")
    deployment = await flow.ato_deployment(
        name=entry["name"],
        description=entry["description"].strip(),
        tags=entry.get("tags", []),
        parameters=entry.get("parameters", {}),
        schedules=[_schedule(**said) for said in entry.get("schedules", [])],
        triggers=[DeploymentEventTrigger(**said) for said in entry.get("triggers", [])],
        concurrency_limit=ConcurrencyLimitConfig(**limit) if limit else None,
        work_pool_name=POOL,
        version=version,
    )
    deployment.entrypoint = entry["entrypoint"]
    made = await deployment.aapply()
    logger.info("registered deployment %s version %s", entry["name"], version)
    return made


def _schedule(*, interval: float | None = None, **said: Any) -> Schedule:
    return Schedule(interval=None if interval is None else timedelta(seconds=interval), **said)


def _version(entry: Mapping[str, Any], flow: Flow[..., Any]) -> str:
    """Give a mark of all that a deployment is made from: its entry, and what its flow says of its parameters."""
    made_from = [entry, parameter_schema(flow).model_dump()]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True, default=str).encode()).hexdigest()[:12]
