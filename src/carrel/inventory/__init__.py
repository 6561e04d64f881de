"""What is held where: system maps, the taxonomy of personal data, risk classes, live schemas and drift between them."""
