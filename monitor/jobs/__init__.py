"""FLOOR 2. One idempotent sweep each: poll, remind, deliver, report. All are told `now`; none asks a clock."""
