"""A Celery worker of one queue with a task that takes a while; it tells Redis when it begins and ends one."""

import time

import redis
from django.conf import settings

from config.celery import app

TASK, QUEUE = "tests.takes_a_while", "tests"
BEGAN, DONE = "tests:began", "tests:done"
SECONDS = 3.0


@app.task(name=TASK)
def take_a_while(name: str) -> None:
    """Note the beginning and the end."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.rpush(BEGAN, name)
        time.sleep(SECONDS)
        client.rpush(DONE, name)


if __name__ == "__main__":
    quiet = ["--loglevel", "error", "--without-mingle", "--without-gossip"]
    app.worker_main(["worker", "--queues", QUEUE, "--concurrency", "1", *quiet])
