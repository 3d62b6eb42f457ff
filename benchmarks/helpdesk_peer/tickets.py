"""Makes tickets through django-helpdesk's public form and tells how long it took. Child process of ``bench intake``.

Reads lines ``COUNT MODE`` and answers each with a line of seconds. MODE is ``public``: its public form, which asks for
the customer's mail address, renders the confirmation and hands it to a mail server that drops it; or ``staff``: its
staff form without an address, so that no mail is rendered at all, the least it can do. As it is delivered it commits
after every statement; here each ticket is one transaction, which is quicker.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.helpdesk_peer.settings"

FIELDS = {
    "title": "no_power 江小满",
    "body": "江小满 13900001234 柳溪县河边路 8 号: no power, single household",
    "priority": "3",
}


def prepare() -> dict[str, Callable[[], Any]]:
    """Tables, a queue and an agent; gives what makes one ticket, by mode."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import transaction
    from helpdesk.forms import PublicTicketForm, TicketForm
    from helpdesk.models import EmailTemplate, Queue

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    if not EmailTemplate.objects.filter(template_name="newticket_submitter").exists():
        raise RuntimeError("the peer's mail templates are missing")
    queue = Queue.objects.create(title="faults", slug="faults", allow_public_submission=True)
    agent = get_user_model().objects.create_user("agent01", is_staff=True)
    choices = [(queue.pk, queue.title)]
    data = FIELDS | {"queue": str(queue.pk)}

    def save(form: Any, user: Any) -> None:
        if not form.is_valid():
            raise RuntimeError(form.errors.as_json())
        form.save(user=user)

    @transaction.atomic
    def public() -> None:
        form = PublicTicketForm(data=data | {"submitter_email": "customer@example.org"})
        form.fields["queue"].choices = choices
        save(form, None)

    @transaction.atomic
    def staff() -> None:
        save(TicketForm(data=data | {"submitter_email": "", "assigned_to": ""}, queue_choices=choices), agent)

    return {"public": public, "staff": staff}


def main() -> None:
    """Answer the parent until it closes the pipe."""
    make = prepare()
    from helpdesk.models import FollowUp, Ticket

    print("ready", flush=True)
    for line in sys.stdin:
        count, mode = line.split()
        wrapped = make[mode]
        before = Ticket.objects.count()
        begun = time.perf_counter()
        for _ in range(int(count)):
            wrapped()
        spent = time.perf_counter() - begun
        if Ticket.objects.count() - before != int(count) or FollowUp.objects.count() < before + int(count):
            raise RuntimeError("the peer did not write its tickets")
        print(spent, flush=True)


if __name__ == "__main__":
    main()
