"""Send failures, as they are committed, to where a fleet's logs are searched: Loki's push API, or OTLP over HTTP.

At least once: an event is read from the ledger by its number, sent, and the number committed after the destination took
it. A crash in between sends it again, with the same id. ``formats`` writes request bodies, ``delivery`` decides what an
answer means, ``forwarder`` does the I/O on the web thread's loop, so that neither reading nor a commit ever waits.

msgspec and tornado's client write and send the JSON, both there already; OpenTelemetry's SDK costs 11 to 16 MB of
memory and brings its own batching, which knows no cursor.
"""
