"""The agent's one poll: heartbeat, and the way actions go out. Held until there is something to say."""
