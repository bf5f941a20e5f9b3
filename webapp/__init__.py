"""RunningHub Missions (任务台): batches of paid AI generations that lose nothing and pay once."""

__version__ = "0.1.0"
