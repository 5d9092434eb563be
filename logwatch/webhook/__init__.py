"""mesibo's push webhook as a witness: what a call says of failed pushes, read by paths of fields and never guessed.

``paths`` finds values in JSON, ``fields`` is the file that names the paths, ``read`` turns a body into a ``Call``,
``inbox`` hands calls from the HTTP thread to the reading loop, ``source`` is the loop's end of it, and ``take`` adds a
call to a batch.
"""
