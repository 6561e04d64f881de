"""The policy document: grammar, parsing with positions, adoption, lint, diff, and the schedules that it resolves to."""
