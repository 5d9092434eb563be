"""Make one path look like one endless stream of whole lines, whatever rotation does to the files behind it.

Glossary. A *generation* is a file's life from its first byte to its last, whatever names it goes through; it *lies in*
the file that holds its bytes now. A *follower* follows one path, at which generations succeed each other; a *candidate*
is a file that may hold one. A *look* polls names and sizes; a *read* hands on whole lines and moves a generation's
*offset* past them. A generation is *in use* while its state is live or rotated, and *over* once it is done or ignored.
An ignored file was *left out*: it is a copy, or *history*, which was rotated before its path was first followed. *News*
is bytes that no generation holds: they count. A *copy* holds only bytes that another file holds, or held. A file was
*trimmed* if it lost lines at its start, *cut off* if it lost its end, *edited* if lines in between changed. A *head* is
a file's first 4 KiB after leading NULs; the *run* before an offset is what was read last. A *banner* is a beginning
that every new log repeats; a generation of which no more was read is *unidentified*. An archive is *undecided* while it
has to be unpacked further. When a look finds a change, ``survey`` examines all candidates, ``reconcile`` decides what
each of them is, and ``apply`` carries that out. Only ``identity`` answers whether a file holds a generation's bytes.
"""
