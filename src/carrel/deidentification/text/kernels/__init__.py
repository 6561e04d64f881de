"""What looks through texts: functions over rows of numbers that run as they stand, and as machine code."""
