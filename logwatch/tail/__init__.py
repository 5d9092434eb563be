"""Makes one path look like one endless stream of whole lines, whatever rotation does to the files behind it."""
