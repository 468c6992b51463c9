"""The hub over HTTP: members' nodes ask, with a certificate and a token."""
