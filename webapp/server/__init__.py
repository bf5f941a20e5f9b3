"""The program as a process: the command line, the port, requests before they reach a route, logs, figures."""
