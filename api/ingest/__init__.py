"""The network door through which SDKs send sessions: envelopes over HTTP."""
