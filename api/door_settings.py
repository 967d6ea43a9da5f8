"""The settings of the network door: how much one request may bring, and how long it may take.

Owns their names, defaults and meaning. Does not know where values come from.
"""

from typing import Annotated

from pydantic import BaseModel, Field

from api.ingest.bodies import BodyLimits
from api.ingest.reception import ReceptionLimits
from engine.storage import LOG_BYTES


class DoorSettings(BaseModel):
    """What can be chosen about the door: its connections, and what envelopes may bring.

    Each field's `title` says what a right value looks like.
    """

    keep_alive_seconds: Annotated[
        int,
        Field(
            title="a whole number of seconds from 1 to 3600",
            description="How long a connection may rest between two requests before it is closed:"
            " longer than a proxy in front keeps it; 5 at most while there are more than 256.",
            ge=1,
            le=3600,
        ),
    ] = 75
    queued_rows: Annotated[
        int,
        Field(
            title="a whole number from 1 to 10000000",
            description="How many session updates may wait to be written before more are answered"
            " with 429; no organization may take the room of the others.",
            ge=1,
            le=10_000_000,
        ),
    ] = 100_000
    retry_seconds: Annotated[
        int,
        Field(
            title="a whole number of seconds from 1 to 300",
            description="For how long senders are told to pause where there is no room for more.",
            ge=1,
            le=300,
        ),
    ] = 10
    log_bytes: Annotated[
        int,
        Field(
            title="a whole number of bytes from 65536 to 17179869184",
            description="How long the log beside the database may get before it is written over"
            " into it; a longer one costs less while envelopes come, and more after a crash.",
            ge=2**16,
            le=2**34,
        ),
    ] = LOG_BYTES
    envelope_bytes: Annotated[
        int,
        Field(
            title="a whole number of bytes from 1024 to 1073741824",
            description="The largest envelope, packed or unpacked; a larger one is answered with"
            " 413.",
            ge=1024,
            le=2**30,
        ),
    ] = 209_715_200
    envelope_items: Annotated[
        int,
        Field(
            title="a whole number from 1 to 1000000",
            description="How many session items an envelope may hold; one with more is answered"
            " with 413.",
            ge=1,
            le=1_000_000,
        ),
    ] = 100
    item_bytes: Annotated[
        int,
        Field(
            title="a whole number of bytes from 1024 to 1073741824",
            description="The largest session item, and the most that all of an envelope may have"
            " together; more is answered with 413.",
            ge=1024,
            le=2**30,
        ),
    ] = 10_485_760
    body_seconds: Annotated[
        float,
        Field(
            title="a number of seconds above 0, at most 3600",
            description="How long the body of an envelope may take to arrive before it is answered"
            " with 408.",
            gt=0,
            le=3600,
        ),
    ] = 30.0
    large_bodies: Annotated[
        int,
        Field(
            title="a whole number from 1 to 256",
            description="How many bodies above 256 KiB are in memory at the same time.",
            ge=1,
            le=256,
        ),
    ] = 2
    large_body_seconds: Annotated[
        float,
        Field(
            title="a number of seconds from 0 to 600",
            description="How long a body above 256 KiB waits for its turn before it is answered"
            " with 429.",
            ge=0,
            le=600,
        ),
    ] = 5.0

    def reception_limits(self) -> ReceptionLimits:
        """Give the settings that envelopes are taken in by."""
        return ReceptionLimits(
            bodies=BodyLimits(
                envelope_bytes=self.envelope_bytes,
                read_seconds=self.body_seconds,
                large=self.large_bodies,
                turn_seconds=self.large_body_seconds,
                retry_seconds=self.retry_seconds,
            ),
            items=self.envelope_items,
            item_bytes=self.item_bytes,
            queued_rows=self.queued_rows,
            retry_seconds=self.retry_seconds,
        )
