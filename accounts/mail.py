"""Letters to people, sent beside the request that asks for one.

So the time of an answer tells nobody whether a letter was sent, and a slow mail server keeps nobody
waiting. What cannot be sent is in the log; nothing that counts depends on it.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from django.conf import settings
from django.core.mail import EmailMessage

logger = logging.getLogger(__name__)

MOST_WAITING = 100

_sender = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")
_waiting = BoundedSemaphore(MOST_WAITING)


def is_configured() -> bool:
    """Whether this installation sends email (IAMSITE_EMAIL_URL)."""
    return bool(settings.IAMSITE_EMAIL_URL)


def send(to: str, subject: str, text: str) -> None:
    """Sends a letter soon; one too many, or one that fails, is only logged."""
    if not _waiting.acquire(blocking=False):
        logger.error("a letter was not sent: %d are waiting", MOST_WAITING)
        return
    _sender.submit(_send, to, subject, text)


def drain() -> None:
    """Waits until all that was given to `send` so far is sent."""
    _sender.submit(lambda: None).result()


def _send(to: str, subject: str, text: str) -> None:
    try:
        EmailMessage(subject, text, to=[to]).send()
    except Exception:
        logger.exception("a letter was not sent")
    finally:
        _waiting.release()
