"""An examiner's ISP worlds: drawn without knowledge of the detector, and not to learn from."""
