"""Celery's side: the tasks, which `celery -A celery_tasks worker` runs, and, run directly, the program that launches."""

import json
import os
import sys
import threading
import time

from celery import Celery

app = Celery("bench", broker=os.environ["BENCH_BROKER_URL"])
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=int(os.environ.get("BENCH_PREFETCH", "64")),
    broker_transport_options={"queue_order_strategy": "round_robin"},
    worker_hijack_root_logger=False,
    task_default_queue="bench",
)

connection = None
started = False


def append(variable, line):
    file = os.environ.get(variable)
    if file:
        with open(file, "a") as opened:
            opened.write(f"{line}\n")


def mark_start():
    global started
    if not started:
        started = True
        append("BENCH_STARTS_FILE", "started")


def effect(organization, n):
    """One connection a process, made at its first use, committing each insert."""
    global connection
    if connection is None:
        import psycopg2

        connection = psycopg2.connect(os.environ["BENCH_DATABASE_URL"])
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("prepare bench_insert (uuid, int) as insert into app.effects (organization_id, n) values ($1, $2)")
    with connection.cursor() as cursor:
        cursor.execute("execute bench_insert (%s, %s)", (organization, n))


@app.task(name="insert")
def insert(organization, n, launched_at):
    mark_start()
    effect(organization, n)


@app.task(name="noop")
def noop(organization, n, launched_at):
    mark_start()


@app.task(name="wait")
def wait(organization, n, launched_at):
    mark_start()
    time.sleep(0.05)


@app.task(name="slow")
def slow(organization, n, launched_at):
    mark_start()
    time.sleep(0.005)
    effect(organization, n)


@app.task(name="stamp")
def stamp(organization, n, launched_at):
    mark_start()
    append("BENCH_LATENCY_FILE", time.monotonic_ns() // 1000 - launched_at)


def send(producer, command, n):
    organizations = command["organizations"]
    organization = organizations[n % len(organizations)]
    app.send_task(
        command["task"],
        (organization, n, time.monotonic_ns() // 1000),
        queue=organization if command["fair"] else "bench",
        producer=producer,
    )


def many(command):
    with app.producer_or_acquire() as producer:
        for n in range(command["count"]):
            send(producer, command, n)
    return command["count"]


def loop(command):
    """Launches one by one from several threads, each with a connection of its own, for some seconds."""
    end = time.monotonic() + command["seconds"]
    counts = [0] * command["connections"]

    def lane(index):
        with app.connection_for_write() as own, app.amqp.Producer(own) as producer:
            while time.monotonic() < end:
                send(producer, command, counts[index])
                counts[index] += 1

    lanes = [threading.Thread(target=lane, args=(index,)) for index in range(len(counts))]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    return sum(counts)


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"launched": (loop if request["op"] == "loop" else many)(request)}), flush=True)
