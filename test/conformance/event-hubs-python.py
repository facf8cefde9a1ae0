"""Sends to the Event Hubs stand-in and reads from it with the unmodified azure-eventhub.

Usage: event-hubs-python.py SEND_CONNECTION_STRING LISTEN_CONNECTION_STRING

This client reads AMQP's performatives by position and applies no default, so it fails where others
forgive. Prints one JSON object with what it saw; the test compares it.
"""

import json
import sys
import threading
from datetime import timedelta

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient, parse_connection_string
from azure.eventhub.exceptions import EventHubError

KEY = "京都"
LARGE_BYTES = 900_000


def publish(connection_string):
    """One event after the other by key, a batch, and one of many frames by partition."""
    with EventHubProducerClient.from_connection_string(connection_string) as producer:
        for number in range(3):
            event = EventData(json.dumps({"number": number}))
            event.properties = {"text": "ä", "number": number}
            event.message_id = f"m-{number}"
            producer.send_event(event, partition_key=KEY)
        batch = producer.create_batch(partition_key=KEY)
        for number in range(3, 10):
            batch.add(EventData(json.dumps({"number": number})))
        producer.send_batch(batch)
        producer.send_batch([EventData(b"x" * LARGE_BYTES)], partition_id=other_partition(producer))
        return runtime_information(producer), batch.max_size_in_bytes


def other_partition(producer):
    """A partition that nothing was sent to."""
    return next(
        partition for partition in producer.get_partition_ids() if producer.get_partition_properties(partition)["is_empty"]
    )


def runtime_information(client):
    partitions = [client.get_partition_properties(partition) for partition in client.get_partition_ids()]
    return {
        "hub": client.get_eventhub_properties()["eventhub_name"],
        "partitions": [
            [each["id"], each["is_empty"], each["beginning_sequence_number"], each["last_enqueued_sequence_number"]]
            for each in partitions
        ],
    }


def read(connection_string, partition, count, **options):
    """The first `count` events of a partition from a start position."""
    received = []
    problems = []
    client = EventHubConsumerClient.from_connection_string(connection_string, "dashboard", retry_total=0)
    enough = threading.Event()

    def on_event(context, event):
        received.append((event, context.last_enqueued_event_properties))
        if len(received) >= count:
            enough.set()

    def on_error(_context, error):
        problems.append(error)
        enough.set()

    arguments = {"on_event": on_event, "on_error": on_error, "partition_id": partition, **options}
    reader = threading.Thread(target=client.receive, kwargs=arguments, daemon=True)
    reader.start()
    if not enough.wait(timeout=30):
        raise TimeoutError(f"{len(received)} of {count} events of partition {partition}")
    client.close()
    reader.join(timeout=10)
    if problems:
        raise problems[0]
    return received


def numbers(received):
    return [json.loads(event.body_as_str())["number"] for event, _ in received]


def positions(connection_string, partition, events):
    """Where a reader starts, for each kind of position, around the sixth event."""
    sixth = events[5][0]

    def starting(position, count, inclusive=False):
        options = {"starting_position": position, "starting_position_inclusive": inclusive}
        return numbers(read(connection_string, partition, count, **options))

    return {
        "sequence number": starting(sixth.sequence_number, 4),
        "sequence number, inclusive": starting(sixth.sequence_number, 5, True),
        "offset": starting(sixth.offset, 4),
        "offset, inclusive": starting(sixth.offset, 5, True),
        "time": starting(events[0][0].enqueued_time - timedelta(seconds=1), 10),
    }


def refusal_of(connection_string):
    """The condition with which a send is refused."""
    try:
        with EventHubProducerClient.from_connection_string(connection_string, retry_total=0) as producer:
            producer.send_event(EventData("refused"))
    except EventHubError as error:
        return str(error)
    return "accepted"


def main():
    send, listen = sys.argv[1:]
    information, batch_limit = publish(send)
    partition = next(each[0] for each in information["partitions"] if each[3] == 9)
    large_partition = next(each[0] for each in information["partitions"] if each[3] == 0)
    events = read(listen, partition, 10, starting_position="-1", track_last_enqueued_event_properties=True)
    first, tracked = events[0]
    large, _ = read(listen, large_partition, 1, starting_position="-1", prefetch=5000)[0]
    parsed = parse_connection_string(send)
    print(
        json.dumps(
            {
                "connection string": [parsed.eventhub_name, parsed.shared_access_key_name, parsed.endpoint],
                "information": information,
                "batch limit": batch_limit,
                "numbers": numbers(events),
                "sequence numbers": [event.sequence_number for event, _ in events],
                "keys": sorted({event.partition_key.decode() for event, _ in events}),
                "first": [first.message_id, first.properties[b"text"].decode(), first.properties[b"number"], first.offset],
                "last enqueued": tracked["sequence_number"],
                "large": len(b"".join(large.body)),
                "positions": positions(listen, partition, events),
                "send with a Listen key": refusal_of(listen),
                "partition": partition,
            },
            ensure_ascii=False,
        )
    )


main()
