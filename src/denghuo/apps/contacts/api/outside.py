"""Addresses that providers call. They are no part of the REST API: WeChat speaks XML, and both sign in their own way."""

from __future__ import annotations

import json
import logging
import time

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.outside.receiving import take_in
from denghuo.apps.contacts.ports.sms import SmsPort
from denghuo.apps.contacts.ports.wechat.messages import SUCCESS
from denghuo.apps.contacts.ports.wechat.port import WeChatPort

logger = logging.getLogger("denghuo.outside")


@csrf_exempt
@require_http_methods(["GET", "POST"])
def wechat(request: HttpRequest, code: str) -> HttpResponse:
    """The callback of an official account: GET proves the address is ours, POST brings a message or an event.

    400 for what cannot be read, 403 for what the platform did not sign, 404 for an account that is unknown or off. An
    error of ours is a 500: the platform then tries again, twice, five seconds apart.
    """
    started = time.monotonic()
    account = _account(Channel.WECHAT, code)
    if account is None:
        return HttpResponse(status=404)
    port = WeChatPort(account)
    query = request.GET.dict()
    if not port.verifies(query):
        return HttpResponse(status=403)
    if request.method == "GET":
        return HttpResponse(query.get("echostr", ""), content_type="text/plain")
    try:
        given, sealed = port.opened(query, request.body)
        inbound = port.receive(given)[0]
    except ValueError as error:
        logger.warning("a push to account %s was refused: %s", account.pk, error)
        return HttpResponse(status=403 if "msg_signature" in str(error) else 400)
    told = take_in(account, inbound, started=started)
    logger.info("push to account %s dealt with in %.0f ms", account.pk, (time.monotonic() - started) * 1000)
    if not told:
        return HttpResponse(SUCCESS, content_type="text/plain")
    body = port.answer(given, told, sealed=sealed, nonce=query.get("nonce", ""))
    return HttpResponse(body, content_type="application/xml")


@csrf_exempt
@require_POST
def sms(request: HttpRequest, code: str) -> HttpResponse:
    """The gateway's calls: messages and delivery receipts. 401 without a good signature, 422 for what cannot be read."""
    account = _account(Channel.SMS, code)
    if account is None:
        return JsonResponse({"ok": False}, status=404)
    port = SmsPort(account)
    signature = request.headers.get("X-Signature", "")
    if not port.verifies(request.headers.get("X-Timestamp", ""), signature, request.body):
        return JsonResponse({"ok": False}, status=401)
    try:
        found = port.receive(json.loads(request.body))
    except ValueError as error:
        logger.warning("a call to account %s was refused: %s", account.pk, error)
        return JsonResponse({"ok": False, "error": str(error)[:80]}, status=422)
    for inbound in found:
        take_in(account, inbound)
    return JsonResponse({"ok": True})


def _account(channel: str, code: str) -> ChannelAccount | None:
    return ChannelAccount.objects.select_related("org").filter(channel=channel, code=code, active=True).first()
