"""Quality on late labels: join, measure with an interval, judge against limits."""
