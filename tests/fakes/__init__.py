"""Stand-ins for services, authorization servers, people and hosts."""
