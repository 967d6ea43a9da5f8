"""Requests with their known answers, over HTTP, against our service or any other."""
