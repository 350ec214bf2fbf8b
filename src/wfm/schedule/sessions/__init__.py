"""Meetings and training: what is asked, who attends, when it costs least."""
