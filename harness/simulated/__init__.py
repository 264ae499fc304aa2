"""AWS in memory, quick enough for thousands of runs, and time that passes when it is told to."""
