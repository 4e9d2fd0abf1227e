"""Open311 GeoReport v2: the interface by which apps of other authors report matters and follow them.

The specification is at https://wiki.open311.org/GeoReport_v2 and https://wiki.open311.org/Service_Discovery.
"""
