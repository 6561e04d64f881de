"""Who may have it: legal process, public-records requests, emergencies and permissions, each as one case."""
