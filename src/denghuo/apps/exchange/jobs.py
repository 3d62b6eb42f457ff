"""Background work of the exchange."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.exchange.choices import DeliveryState
from denghuo.apps.exchange.models import Delivery
from denghuo.core import policies
from denghuo.core.jobs import enqueue, job, periodic


@job(queue="exchange", name="exchange.send_webhooks", retries=2)
def send_webhooks(subscription_id: int) -> None:
    """Send what waits for one subscription; repeats are planned by the deliveries themselves."""
    from denghuo.apps.exchange.webhooks.sending import send_waiting

    _made, more = send_waiting(subscription_id)
    if more:
        enqueue(send_webhooks, subscription_id=subscription_id)


@periodic(5, queue="exchange", name="exchange.sweep_webhooks")
def sweep_webhooks() -> None:
    """Take up deliveries whose pause is over, or whose worker was lost."""
    from denghuo.apps.exchange.actions.subscriptions import wake
    from denghuo.apps.exchange.webhooks.sending import due

    wake(due())


@periodic("29 4 * * *", queue="exchange", name="exchange.forget_deliveries", retries=2)
def forget_deliveries() -> None:
    """Delete deliveries that were taken or put aside, after ``webhook.keep_days``."""
    before = timezone.now() - dt.timedelta(days=policies.get("webhook.keep_days"))
    over = Delivery.objects.filter(state__in=[DeliveryState.SENT, DeliveryState.DROPPED], created_at__lt=before)
    while True:
        some = list(over.order_by("pk").values_list("pk", flat=True)[:5000])
        if not some or not Delivery.objects.filter(pk__in=some).delete()[0]:
            return


@job(queue="exchange", name="exchange.check_import", retries=3)
def check_import(batch_id: int) -> None:
    """Look through an uploaded file."""
    from denghuo.apps.exchange.importing.running import check

    check(batch_id)


@job(queue="exchange", name="exchange.run_import", retries=5)
def run_import(batch_id: int) -> None:
    """Take in an uploaded file; taken up again where it stood when its worker is lost."""
    from denghuo.apps.exchange.importing.running import run

    run(batch_id)


@job(queue="exchange", name="exchange.make_export", retries=3)
def make_export(export_id: int) -> None:
    """Make the file of an export."""
    from denghuo.apps.exchange.exporting import make

    make(export_id)


@periodic("47 * * * *", queue="exchange", name="exchange.forget_files", retries=2)
def forget_files() -> None:
    """Clear files whose time is over: exports after ``exporting.keep_hours``, imports after ``import.keep_days``."""
    from denghuo.apps.exchange import vault
    from denghuo.apps.exchange.actions.imports import ENDED, end_import
    from denghuo.apps.exchange.choices import ExportState, ImportState
    from denghuo.apps.exchange.models import ExportJob, ImportBatch, ImportFault
    from denghuo.core.actors import Actor

    now = timezone.now()
    old = now - dt.timedelta(hours=policies.get("exporting.keep_hours"))
    for row in ExportJob.objects.filter(state=ExportState.DONE, ended_at__lt=old):
        vault.forget(row.file_key)
        ExportJob.objects.filter(pk=row.pk).update(state=ExportState.EXPIRED)
    old = now - dt.timedelta(days=policies.get("import.keep_days"))
    for pk in ImportBatch.objects.exclude(state__in=ENDED).filter(created_at__lt=old).values_list("pk", flat=True):
        end_import(Actor.system("exchange.import"), pk, state=ImportState.CANCELLED, reason=_("超过保留时长未处理"))
    ImportFault.objects.filter(batch__ended_at__lt=old).delete()
    live = [*ExportJob.objects.filter(state__in=["waiting", "running", "done"]).values_list("file_key", flat=True)]
    live += ImportBatch.objects.exclude(state__in=ENDED).values_list("file_key", flat=True)
    vault.sweep(live)


@job(queue="exchange", name="exchange.send_adapter_messages", retries=2)
def send_adapter_messages(connection_id: int) -> None:
    """Send what waits for one connected system."""
    from denghuo.apps.exchange.adapters.sending import send_waiting

    send_waiting(connection_id)


@periodic(10, queue="exchange", name="exchange.sweep_adapters")
def sweep_adapters() -> None:
    """Take up messages whose pause is over, or whose worker was lost."""
    from denghuo.apps.exchange.adapters.sending import due

    for pk in due():
        enqueue(send_adapter_messages, connection_id=pk)
