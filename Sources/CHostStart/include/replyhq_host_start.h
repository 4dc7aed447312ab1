// What happens in the process before main: see signals.c.
