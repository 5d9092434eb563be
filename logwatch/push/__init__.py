"""Send test pushes: through mesibo, whose log then has their results, or past it, straight to Google or Apple.

Only the command line uses it. Secrets come from files or a prompt, and never go into an argument, a log or an error.
"""
