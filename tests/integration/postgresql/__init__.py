"""What PostgreSQL alone has, on a private server."""
