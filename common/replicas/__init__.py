"""Reads on streaming replicas: which of them are well, who may read there, and how a read is led to one."""
