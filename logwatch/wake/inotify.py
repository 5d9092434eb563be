"""Wake the reading loop by one inotify instance of watchdog's; imported only if it is used.

watchdog's observers would start one thread per directory, so the instance that they share is used directly. Only
directories are watched, never trees, and only for what may mean new lines: our own opening of files is no event.
Whatever prevents watching (limits, containers, threads), polling goes on, and a log event says why.
"""

import errno
import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from watchdog.observers.inotify_c import CallbackId, InotifyConstants, InotifyEvent, InotifyFD, Mask, WatchDescriptor

from logwatch.events import Log, shown
from logwatch.wake.poll import PollWaker

_ID = CallbackId(0)
_MASK = Mask(
    InotifyConstants.IN_CREATE
    | InotifyConstants.IN_MODIFY
    | InotifyConstants.IN_MOVE
    | InotifyConstants.IN_DELETE
    | InotifyConstants.IN_ONLYDIR
)


class InotifyWaker(PollWaker):
    """Sleeps until one of the watched directories changes, at most for the interval.

    One inotify instance and one thread, whatever the number of directories.
    """

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log
        self._watches: dict[tuple[int, int], WatchDescriptor] = {}
        """By device and inode: the kernel has one watch for a directory, however many links and mounts lead there."""
        self._ended: deque[WatchDescriptor] = deque()  # watches that the kernel gave up, by watchdog's thread
        self._refused: set[str] = set()
        self._inotify: InotifyFD | None = None
        try:
            inotify = InotifyFD()
            inotify.start()
            self._inotify = inotify
        except (OSError, RuntimeError) as error:  # too many instances, descriptors or threads
            self._refuse("all directories", error)

    def watch(self, directories: Iterable[str]) -> None:
        """Watch these directories; one that was removed and created again, or mounted again, is watched again."""
        if not self._inotify:
            return
        if not self._inotify.is_alive():
            self._refuse("all directories", RuntimeError("watchdog's thread has ended"))
            self._inotify, self._watches = None, {}
            return
        while self._ended:
            ended = self._ended.popleft()  # a directory in its place may have its inode, a remounted disk its device
            self._watches = {identity: each for identity, each in self._watches.items() if each != ended}
        wanted: dict[tuple[int, int], str] = {}
        for directory in directories:
            try:
                status = os.stat(directory)
            except OSError:
                continue  # polling will see it appear
            wanted[status.st_dev, status.st_ino] = directory
        for identity in self._watches.keys() - wanted.keys():
            with suppress(Exception):  # it went away with its directory
                self._inotify.remove_callbacks([(self._watches.pop(identity), _ID)])
        for identity in wanted.keys() - self._watches.keys():
            self._watch(self._inotify, wanted[identity], identity)

    def _watch(self, inotify: InotifyFD, directory: str, identity: tuple[int, int]) -> None:
        try:
            descriptor = inotify.add_callback(os.fsencode(directory), _MASK, self, _ID)
            if descriptor < 0:  # watchdog says nothing of a directory that may not be read, and keeps the callback
                inotify.remove_callbacks([(descriptor, _ID)])
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))  # noqa: TRY301  logged like the others
        except Exception as error:  # noqa: BLE001  the limit of watches, or whatever else: polling is relied on
            self._refuse(directory, error)
        else:
            self._watches[identity] = descriptor
            self.wake()  # for what happened before the watch was there

    def _refuse(self, what: str, error: Exception) -> None:
        if str(error) not in self._refused:  # once per reason
            self._refused.add(str(error))
            self._log.warning("inotify_refused", directory=shown(what), error=str(error), instead="polling")

    def on_event(self, event: InotifyEvent) -> None:  # noqa: ARG002  watchdog's interface, as the next two
        """Wake for an event."""
        self.wake()

    def on_watch_deleted(self, wd: WatchDescriptor) -> None:
        """Wake because a directory is gone, or its disk was unmounted."""
        self._ended.append(wd)
        self.wake()

    def on_queue_overflow(self) -> None:
        """Wake because events were lost."""
        self.wake()

    def close(self) -> None:
        """Stop watchdog's thread."""
        if self._inotify:
            with suppress(OSError):
                self._inotify.stop()
            self._inotify.join(5)
            self._inotify = None
        super().close()
