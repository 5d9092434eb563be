"""Measure the scanner alone, in this process, on a few families: to see at once what a change does."""

import sys, time, tempfile, pickle
from collections import Counter
from datetime import UTC
from pathlib import Path
from bench.families import FAMILIES
from logwatch import heap
from logwatch.parse import Scanner, load
from logwatch.tail.generation import CHUNK_BYTES


def chunks(path):
    with path.open("rb") as f:
        rest = b""
        while b := f.read(CHUNK_BYTES):
            d = rest + b
            e = d.rfind(b"\n") + 1
            rest = d[e:]
            yield d[:e]


def main():
    heap.keep()
    n = int(sys.argv[1])
    rounds = int(sys.argv[2])
    want = sys.argv[3:]
    cache = Path("/tmp/parse-bench")
    cache.mkdir(exist_ok=True)
    for fam in FAMILIES:
        if want and not any(w in fam.name for w in want):
            continue
        p = cache / f"{fam.name}-{n}.log".replace(" ", "_").replace("%", "").replace(",", "")
        t = p.with_suffix(".truth")
        if not t.exists():
            truth = fam.log(p, n)
            t.write_bytes(pickle.dumps(truth))
        truth = pickle.loads(t.read_bytes())
        best = 1e9
        for r in range(rounds):
            s = Scanner(load("mesibo"), timezone=UTC)
            eng = s.parser
            singles = 0
            found = Counter()
            cs = list(chunks(p))
            lines = 0
            if r == 0:
                orig = type(eng).read

                def counted(self, line, orig=orig):
                    nonlocal singles
                    singles += 1
                    return orig(self, line)

                type(eng).read = counted
            a = time.process_time()
            for c in cs:
                sc = s.scan(c, envelope=fam.envelope, reference=1795342500.0)
                lines += sc.lines
                for k, v in sc.results.items():
                    found[tuple((k.platform, k.code, k.reason))] += v.count
            cpu = time.process_time() - a
            if r == 0:
                type(eng).read = orig
                single = singles
            else:
                best = min(best, cpu)
            if found != truth:
                print("WRONG", {k: (found[k], truth[k]) for k in {*found, *truth} if found[k] != truth[k]})
        print(
            f"{fam.name:32} {best / lines * 1e6:7.3f} us a line   singly {single / lines * 100:5.1f} %  {p.stat().st_size / lines:4.0f} bytes",
            flush=True,
        )


main()
