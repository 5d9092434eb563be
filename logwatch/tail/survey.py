"""Examine the files that may hold a path's generations: all the reading that a decision needs, but no decision.

In: what is known of a path. Out: the candidates, each as it was at one moment, and how each is related to each
generation and to each other candidate. Nothing changes but what is cached of unchanged files.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from logwatch.tail.candidates import FRESH_SECONDS, Candidate, UnreadableError, VanishedError, is_settled
from logwatch.tail.directories import list_names
from logwatch.tail.edited import EDITED_BYTES, begins_within, end_of_extract, end_of_shared, is_extract
from logwatch.tail.files import OwnFile, stat_at
from logwatch.tail.fingerprint import LINE_BYTES, TELLING_BYTES, index_keys, search_keys
from logwatch.tail.identity import BY_INODE, HELD, NO_KEY, OTHER, UNDECIDED, Answer, Key, Relation, compare
from logwatch.tail.path_state import PathState
from logwatch.tail.plan import Found, Known
from logwatch.tail.rotated_names import UNCERTAIN, UNNAMED, RotatedName, rotated_name
from logwatch.tail.uncompressed import NOWHERE, Content, SeekingError, UnwrittenError, holds, is_part, possible_parts
from logwatch.tail.unnamed import Unnamed
from logwatch.unpack import without_suffix


class Survey:
    """One look at the files around one path."""

    def __init__(self, state: PathState, *, elsewhere: bool = False) -> None:
        """Survey a path; ``elsewhere``: the file that it leads to belongs to another path."""
        self._state, self._owners, self._elsewhere = state, state.owners, elsewhere
        self._path, self._generations, self._heads = state.path, state.generations, state.heads
        self._directories, self._unreadable = state.ctx.directories, state.ctx.files.all.unreadable
        self._logs = self._owners.logs_of(self._path)
        self._bases = {os.path.basename(log) for log in self._logs}
        self._shelves = [shelf for log in self._logs for shelf in self._owners.rotated_files.shelves(log)]
        self._sources = state.ctx.files.all.sources
        self._names: dict[str, RotatedName] = {}
        # Where links lead, and where they led when a generation was last found
        self._targets = {g.position.target for g in self._generations} - {""}
        if not elsewhere:
            self._targets.add(self._directories.real(self._path))
        self._by_number = {generation.number: generation for generation in self._generations}
        self.known = [Known(g.position, g.plain is not None, g.find_name(), g.dead) for g in self._generations]
        self._keys = {known.key for known in self.known}
        self._at_key: dict[Key, int] = {}  # index of each candidate

    def find(self) -> Found:
        """Return all files that may be generations of the path; raise VanishedError if any changes meanwhile."""
        names = self._names = self._list()
        certain = frozenset(p for p, rotated in names.items() if rotated.certain and p not in self._targets)
        found = self.found = Found([], rotated_names=certain)
        files = self._candidates()
        at_path = files[0] if files and files[0].is_at_path else None
        found.at_path = 0 if at_path else None
        self._take_in(files)
        lost = found.lost(self.known)
        searched = found.searched()
        for known in lost:
            for i in searched:
                self._ask_one(known, i, search=True)
        unnamed = Unnamed(self._state, {self._path, *self._targets}, set(names), self._is_followed)
        self._take_in(unnamed.find_lost(lost, self.known, found))
        self._take_in(unnamed.find_alike(self.known, found))
        self._take_in(unnamed.find_later(self.known, found))
        self._ask_of_edited()
        found.hold_back()
        self._find_anothers()
        self._compare_files()
        self._compare_with_edited()
        found.hidden = self._hidden()
        for i, file in enumerate(found.candidates):
            if file.archive and len(file.head) < TELLING_BYTES:
                with suppress(SeekingError):
                    file.size()
                # An archive just begun may be a copy of anything; one that stays so is left out
                if not (file.archive.whole or file.damaged):
                    (found.undecided if file.archive.known_size is None else found.anothers).add(i)
        for i in found.alike(self.known):
            with self._unpacking(i):
                found.candidates[i].size()
        if at_path and self.known:
            end = at_path.before(at_path.disk_size, TELLING_BYTES)
            found.torn = b"\n" in end and not end.endswith(b"\n")
        return found

    @contextmanager
    def _unpacking(self, *files: int) -> Iterator[None]:
        """Note files as undecided if a question about them needs more of an archive to be unpacked."""
        try:
            yield
        except SeekingError as error:  # what a compressor that was killed left may never go on: no plain file waits
            written = not isinstance(error, UnwrittenError)
            self.found.undecided.update(i for i in files if written or self.found.candidates[i].packed)

    def _list(self) -> dict[str, RotatedName]:
        logs, positions = {self._path, *self._targets}, [g.position for g in self._generations]
        files = self._owners.rotated_files
        lay = {os.path.dirname(p.found_at) for p in positions if p.found_at}
        logs |= {os.path.join(directory, base) for directory in lay for base in self._bases}
        places = ((place, os.path.basename(log)) for log in self._logs for place in files.places(log))
        aside = {os.path.join(place, base) for place, base in places} - logs
        listed = list_names(logs, self._directories)
        listed |= {p: r for p, r in list_names(aside, self._directories).items() if p in files}
        # Without the names of another followed log beside it, or names nearer to that
        ours = {"", self._path, *self._targets}
        names = {p: r for p, r in listed.items() if self._nearest(self._directories.placed(p)) in ours}
        for p in positions:
            led_elsewhere = p.state == "live" and p.target not in ("", self._directories.real(self._path))
            if led_elsewhere and not any(p.target in source for source in self._sources):
                names[p.target] = UNNAMED  # where a link led: that file may have got lines before or since
        for path, rotated in ((path, each) for shelf in self._shelves for path, (each, _) in shelf.items()):
            another = rotated is None and self._is_called_otherwise(path)
            if not another and path not in names and stat_at(path):  # it may have gone meanwhile
                names[path] = rotated or UNNAMED
        unlisted = (g for g in self._generations if g.position.found_at not in names)
        return names | {g.position.found_at: UNCERTAIN for g in unlisted if g.lies_there()}

    def _is_called_otherwise(self, path: str) -> bool:
        """Return whether the followed log with the name nearest to a file's, in any directory, is another one."""
        return self._nearest(os.path.basename(path)) not in {"", *self._bases}

    def _nearest(self, name: str) -> str:
        return max((source.log_of(name) for source in self._sources), key=len, default="")

    def _candidates(self) -> list[Candidate]:
        """Examine the path's own file before and after all others; VanishedError unless it is the same, or has grown.

        So any copy made in between is compared with an original that has all of it.
        """
        names = self._names
        plain = {path: without_suffix(path) for path in names.keys() | self._state.matched if path != self._path}
        others = sorted(plain)  # an archive comes after the file that it is packed from
        before = self._examine_path() if others else None
        found: dict[Key, Candidate] = {}
        looked_at: dict[str, Candidate | None] = {}
        for path in others:
            candidate = self._heads.examine(path, names.get(path, UNNAMED))
            beside = looked_at.get(plain[path]) if plain[path] in names else None
            looked_at[path] = candidate
            if beside and self._is_being_packed(candidate, beside):
                continue
            if candidate and candidate.key not in found:
                found[candidate.key] = replace(candidate, matched=path in self._state.matched)
        at_path = self._examine_path()
        if others and (at_path is None) != (before is None):
            raise VanishedError
        if not at_path:
            return list(found.values())
        grown = before and before.disk_size <= at_path.disk_size and at_path.head.startswith(before.head)
        if before and (at_path.key != before.key or not grown):
            raise VanishedError
        return [replace(at_path, matched=at_path.packed), *(file for key, file in found.items() if key != at_path.key)]

    def _is_being_packed(self, file: Candidate | None, of: Candidate) -> bool:
        """Return whether an archive is, or may still be, packed from the plain file beside it, which has all of it.

        A compressor ends by setting the plain file's time, to the second at least: no need to unpack it at each start.
        """
        if not file or file.error or of.error:
            return True
        begun = of.head.startswith(file.head)
        packed = begun and 0 <= of.modified - file.modified < 10**9
        packing = begun and not (packed or is_settled(file.stat, FRESH_SECONDS))
        self.found.packing = self.found.packing or packing
        return packed or packing or (begun and len(file.head) < TELLING_BYTES)

    def _examine_path(self) -> Candidate | None:
        at_path = None if self._elsewhere else self._state.examine()
        # An archive counts as a rotated file, since it is never read as text
        return self._heads.examine(self._path) if at_path and at_path.packed else at_path

    def _hidden(self) -> set[int]:
        """Return the generations that are over, and may lie where nobody can look now: they are not forgotten.

        Their directory is gone, on another device, or cannot be listed; or there is no candidate beside the path, as if
        nothing were mounted; or an open file of that directory is in another by now: the directory may have been moved.
        """
        over, here = [known for known in self.known if not known.in_use], os.path.dirname(self._path)
        if not any(os.path.dirname(file.path) == here for file in self.found.candidates):
            return {known.number for known in over}
        moved = {each.directory for each in self.known if each.name and os.path.dirname(each.name) != each.directory}
        return {known.number for known in over if known.directory in moved or self._is_out_of_sight(known)}

    def _is_out_of_sight(self, known: Known) -> bool:
        if known.key == NO_KEY:
            return False
        there = stat_at(known.directory)
        return not there or there.key[0] != known.key[0] or known.directory in self._directories.unlisted

    def _take_in(self, files: Iterable[Candidate]) -> None:
        """Add candidates, or replace those with the same inode, and compare them with all generations.

        A file that is another path's generation by its inode is passed over.
        """
        taken = []
        for file in files:
            if file.path != self._path and (other := self._owners.owner(file, self._path)):
                if file.path in self.found.rotated_names and not self._owners.follows(other.position.path):
                    self.found.left.append(file)
                continue
            i = self._at_key.setdefault(file.key, len(self._at_key))
            self.found.candidates[i : i + 1] = [file]
            taken.append(i)
        self._ask(taken)

    def _is_followed(self, path: str) -> bool:
        return self._is_called_otherwise(path) or self._nearest(path) != ""

    def _ask(self, indices: list[int]) -> None:
        """Compare files with the generations that have their inode, begin alike, or whose path leads to them."""
        by_head: dict[bytes, list[int]] = {}
        files = {i: self.found.candidates[i] for i in indices}
        for i, file in files.items():
            edited = file.head[:LINE_BYTES] if i == self.found.at_path else b""
            for key in search_keys(file.head) + search_keys(edited):
                by_head.setdefault(key, []).append(i)
        for each in self.known:
            if (own := self._own(each)) in files:
                self._ask_one(each, own)
        over, blank = self.found.over(self.known, self._at_key), self._state.was_blank
        read = {over[each.number] for each in self.known if each.followed and each.number in over}
        held = {i for (_, i), answer in self.found.answers.items() if answer.relation is Relation.SAME and answer.at}
        punched = {i for i, file in files.items() if file.begin and i not in held}
        for each in self.known if files else ():
            own = over.get(each.number)
            as_it_was = own is not None and each.position.size in (0, self.found.candidates[own].known_size)
            if (each.empty and not each.open) or (as_it_was and not each.followed):
                continue  # its place is known, or it is known by its inode alone: what begins alike is another
            keys = index_keys(each.position.head_bytes, each.position.head)
            asked = set[int]().union(*(by_head.get(key, ()) for key in keys)) if keys else set(files)
            asked |= punched if each.position.offset else set()
            asked -= set() if own is None else read  # the files of others that are over
            # Whoever trimmed it may have deleted it and put the rest in its place; or it is being written back
            left = each.in_use and (blank or each.deleted)
            if (each.position.state == "live" or left) and (self.found.at_path in files or self._own(each) in files):
                asked |= set() if self.found.at_path is None else {self.found.at_path}
            for i in sorted(asked - {self._own(each)}):
                self._ask_one(each, i)

    def _own(self, known: Known) -> int | None:
        return self._at_key.get(known.key) if known.key != NO_KEY else None

    def _ask_one(self, known: Known, i: int, *, search: bool = False) -> None:
        found, candidate, generation = self.found, self.found.candidates[i], self._by_number[known.number]
        position, same_inode = known.position, candidate.key == known.key != NO_KEY
        if same_inode and generation.plain:  # it is open: no other file can have its inode
            found.answers[known.number, i] = Answer(Relation.SAME, position.offset)
            return
        at_path = i == found.at_path
        search = search or (known.in_use and not candidate.packed and (at_path or same_inode))
        left = search and not same_inode and self._has_left(known)
        whole = left or generation.plain is not None or not known.in_use
        left = left or (position.state != "live" and known.name != "")
        found.answers[known.number, i] = UNDECIDED
        with self._unpacking(i):
            found.answers[known.number, i] = compare(
                position,
                candidate,
                same_inode=same_inode,
                followed=at_path,
                search=generation.lines.is_dated if search else None,
                whole=whole,
                left=left,
                begun=lambda: at_path or same_inode or any(k.begins_alike(candidate.head) for k in self.known),
            )
        if candidate.head and not same_inode:
            with self._reading_own(known), self._unpacking(i):
                if own := self._content(known):
                    self._compare_with_own(known, i, own)

    def _ask_of_edited(self) -> None:
        """Compare news beside the path with those that lay there, or, in use, have one of its first lines elsewhere."""
        files, near = self.found.candidates, self.found.searched()
        held = {n for (n, _), answer in self.found.answers.items() if answer.relation is Relation.SAME}
        plain = ((i, c) for i, c in enumerate(files) if not (c.packed or c.is_at_path or c.key in self._keys))
        news = [i for i, c in plain if c.may_be_news]
        for known in self.known if news else ():
            lay = known.position.found_at if known.position.state == "done" else ""
            with self._reading_own(known):
                own = self._content(known) if known.in_use else None
                gone = known.in_use and not own and known.number in held  # by a backup of what was edited, perhaps
                for i in news:
                    if files[i].path == lay or (gone and i in near) or (own and begins_within(files[i], own)):
                        self._ask_one(known, i, search=True)

    @contextmanager
    def _reading_own(self, known: Known) -> Iterator[None]:
        """Raise UnreadableError if a generation's own file cannot be read: it is tried again, then done without."""
        try:
            yield
        except OSError as error:
            raise UnreadableError(known.key, error) from error

    def _content(self, known: Known) -> Content | None:
        """Return a generation's own file: the open one, or one beside the path with its inode and bytes; or None."""
        if known.key in self._unreadable:  # its digests have to do
            return None
        if (file := self._by_number[known.number].plain) is not None:
            return OwnFile(file)
        own, found = self._own(known), self.found
        if own in (None, found.at_path) or not known.in_use or found.candidates[own].packed:
            return None
        return found.candidates[own] if found.answer(known.number, own).relation is Relation.SAME else None

    def _has_left(self, known: Known) -> bool:
        """Return whether a generation's own file is beside the path, by inode and bytes."""
        i = self._own(known)
        return i not in (None, self.found.at_path) and self.found.answer(known.number, i) != OTHER

    def _compare_with_own(self, known: Known, i: int, own: Content) -> None:
        """Note how much of a generation's own file another one also has: in ``common``, ``own_parts``, ``edited``."""
        found, candidate, offset = self.found, self.found.candidates[i], known.position.offset
        if held := (answer := found.answer(known.number, i)).relation in HELD:
            found.common[known.number, i] = offset
        part = is_part(candidate, own)
        if part or (candidate.damaged and own.head.startswith(candidate.head)):
            found.own_parts[i].add(known.number)
        whole = held and holds(candidate, answer.at, own, offset)
        unknown = candidate.key not in self._keys and (known.deleted or not candidate.packed)
        generation = self._by_number[known.number]
        if whole:
            found.common[known.number, i] = own.size()
        elif not held and (i == found.at_path or unknown) and not part:
            end = end_of_shared(candidate, own, generation.lines.is_dated, heads_tell=i == found.at_path)
            found.common |= {(known.number, i): end} if end else {}
        if part or own.size() <= offset or (generation.plain and not generation.waiting):
            return
        # Beside the path: it may have been edited, put in the own file's place, and rotated since
        edited = i != found.at_path and unknown and is_extract(own, candidate)
        if i == found.at_path and not (offset and held and own.size() - offset <= EDITED_BYTES):
            deleted = held and not whole and known.deleted  # by whoever edited it and put the result in its place
            edited = deleted or is_extract(own, candidate)
        elif i == found.at_path and not whole:
            at = end_of_extract(candidate, answer.at, own, offset, generation.lines.is_dated)
            found.answers[known.number, i] = Answer(Relation.MOVED if at != answer.at else answer.relation, at)
        found.edited |= {i} if edited else set()

    def _compare_with_edited(self) -> None:
        """Note each backup of an edited file, which has its unread lines too; the path's edited file comes first."""
        found, files = self.found, self.found.candidates
        held = {at: of for at, of in found.answers.items() if of.relation in HELD and not self._by_number[at[0]].plain}
        edited = {n: i for (n, i), of in sorted(held.items(), reverse=True) if of.relation is Relation.MOVED}
        for (n, i), of in held.items():
            with self._unpacking(i):
                if (own := edited.get(n, i)) != i and holds(files[own], held[n, own].at, files[i], of.at):
                    found.own_parts[i].add(n)

    def _find_anothers(self) -> None:
        """Note the files that belong to another path, as where several logs are rotated into one directory.

        A file belongs to the path whose generation has its inode, or has read most of it. If a pattern matches it, or
        its name can only be this path's, it takes the inode to make it another's: two logs may be alike.
        """
        found, mine, (directory, base) = self.found, self.found.proofs(self.known), os.path.split(self._path)
        for i, candidate in enumerate(found.candidates):
            if candidate.path != self._path and candidate.head:
                place, name = os.path.split(candidate.path)
                only = self._owners.rotated_files.is_only_of(candidate.path, self._logs)
                named = only or (place == directory and rotated_name(base, name))
                if not named:
                    found.ambiguous.add(i)
                if mine.get(i) == BY_INODE:
                    continue
                copies = not named and candidate.path not in self._state.matched
                claims = [source.claim(candidate, self._state, copies=copies) for source in self._sources]
                if max(at for at in (NOWHERE, *claims) if at is not None) > mine.get(i, NOWHERE):
                    found.anothers.add(i)
                elif i not in mine and None in claims:
                    found.undecided.add(i)
        # With a file of which others have read more, this path's generations share only a banner, or lines that recur
        found.answers = {(n, i): answer for (n, i), answer in found.answers.items() if i not in found.anothers}

    def _compare_files(self) -> None:
        """Note which files hold only the beginning, or all, of what another one holds."""
        files = self.found.candidates
        for i, j in possible_parts([file.head for file in files]):
            with self._unpacking(i, j):
                if i != self.found.at_path and is_part(files[i], files[j]):
                    self.found.parts[i].add(j)

    def make_sure(self, *, strict: bool) -> None:
        """Raise VanishedError if anything was renamed, truncated or added since it was examined.

        Rotation goes on during a look, and a mixture of before and after leads to wrong conclusions: a copy whose
        original was truncated in between looks like a file that nobody has read. ``strict``: a rotated file must not
        have grown either: a copy of what it has got since would look like news.
        """
        if self._list() != self._names:
            raise VanishedError
        anchored = {g.key for g in self._generations if g.plain}
        for candidate in (each for each in self.found.candidates if not each.error):
            may_grow = not strict or candidate.is_at_path or candidate.key in anchored
            there, head = stat_at(candidate.path), candidate.head
            grown = there.size - candidate.disk_size if there else 0
            if not there or grown < 0 or (grown and not may_grow) or there.key != candidate.key:
                raise VanishedError
            if candidate.is_at_path and candidate.run(candidate.begin, len(head)) != head:
                raise VanishedError  # it was truncated, and has grown again
