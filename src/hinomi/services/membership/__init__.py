"""A provider's side of the hub: the list in, findings and sightings out; one file each."""
