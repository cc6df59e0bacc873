"""What a meeting, a transcript and a speaker are: pure data and rules, no I/O."""
