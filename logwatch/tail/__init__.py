"""Makes one path look like one endless stream of whole lines, whatever rotation does to the files behind it.

Glossary. A *generation* is a file's life from its first byte to its last, whatever names it goes through; a *follower*
follows one path, behind which generations come one after the other; a *candidate* is a file that may hold one; a *look*
polls names and sizes, a *read* hands on lines. Where a look finds that something has changed, ``survey`` looks at all
candidates, ``reconcile`` decides what each of them is, and ``apply`` carries that out. Whether two files hold the same
content is answered by ``identity`` alone.
"""
