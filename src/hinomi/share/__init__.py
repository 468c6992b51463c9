"""What leaves a provider and what comes back: canonical bytes, signatures, standard forms; pure."""
