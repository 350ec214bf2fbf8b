"""Work that can wait: tickets, messages, callbacks, derived work, and how it fills what live channels leave."""
