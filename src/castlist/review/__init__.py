"""The review app: a finished workspace in the browser, with corrections. On this machine only."""
