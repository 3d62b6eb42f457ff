"""Makes tickets through django-helpdesk's public form and tells how long it took. Child process of ``bench intake``.

Reads lines ``COUNT MODE`` and answers each with a line of seconds. MODE is ``plain`` (as the product runs: every
statement commits) or ``atomic`` (one transaction a ticket). No mail address is given, so no mail is rendered: with one
it is slower.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.helpdesk_peer.settings"

FIELDS = {
    "title": "no_power 江小满",
    "body": "江小满 13900001234 柳溪县河边路 8 号: no power, single household",
    "priority": "3",
    "submitter_email": "",
    "assigned_to": "",
}


def prepare() -> Any:
    """Tables, a queue and an agent; gives what makes one ticket."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from helpdesk.forms import TicketForm
    from helpdesk.models import Queue

    call_command("migrate", verbosity=0, stdout=sys.stderr)
    queue = Queue.objects.create(title="faults", slug="faults", allow_public_submission=True)
    agent = get_user_model().objects.create_user("agent01", is_staff=True)
    choices = [(queue.pk, queue.title)]
    data = FIELDS | {"queue": str(queue.pk)}

    def make() -> None:
        form = TicketForm(data=data, queue_choices=choices)
        if not form.is_valid():
            raise RuntimeError(form.errors.as_json())
        form.save(user=agent)

    return make


def main() -> None:
    """Answer the parent until it closes the pipe."""
    make = prepare()
    from django.db import transaction
    from helpdesk.models import FollowUp, Ticket

    print("ready", flush=True)
    for line in sys.stdin:
        count, mode = line.split()
        wrapped = transaction.atomic(make) if mode == "atomic" else make
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
