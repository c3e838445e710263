"""The HTTP API that TAK clients speak: enrolment and what they ask when they connect."""
