"""``python -m logwatch`` is the command ``mesibo-logwatch``."""

from logwatch.cli import main

if __name__ == "__main__":
    main()
