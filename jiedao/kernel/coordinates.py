"""Chinese map coordinates: GCJ-02 (Amap, Tencent) and BD-09 (Baidu) to and from WGS 84.

GCJ-02 shifts WGS 84 by a smooth formula on the Krasovsky 1940 ellipsoid (never published officially);
BD-09 shifts GCJ-02 again. The inverses iterate until the error is below 1e-9 degrees. All functions take and
return degrees.
"""

import math
from collections.abc import Callable
from typing import Final

from django.db.models import TextChoices

Point = tuple[float, float]
AXIS: Final = 6378245.0  # Krasovsky 1940, metres
ECCENTRICITY: Final = 0.00669342162296594323  # squared
BAIDU: Final = math.pi * 3000.0 / 180.0
TOLERANCE: Final = 1e-10  # degrees, about 0.01 mm


class CoordinateSystem(TextChoices):
    """The coordinate system of a point. CGCS2000 differs from WGS 84 by less than a metre and is not converted."""

    WGS84 = "WGS84", "WGS 84"
    CGCS2000 = "CGCS2000", "CGCS2000"
    GCJ02 = "GCJ02", "GCJ-02"
    BD09 = "BD09", "BD-09"


def is_valid_point(lon: float, lat: float) -> bool:
    """Return whether this is a point on earth. 0, 0 counts as none, because receivers without a fix send it."""
    return -180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0 and not (lon == 0.0 == lat)


def is_in_china(lon: float, lat: float) -> bool:
    """Return whether a point lies in the rectangle around China, in any of the coordinate systems."""
    return 73.0 <= lon <= 136.0 and 3.0 <= lat <= 54.0


def to_wgs84(lon: float, lat: float, system: CoordinateSystem) -> Point:
    """Return the point in WGS 84 degrees; raise ValueError for a point that is not on earth."""
    return convert_point(lon, lat, TO_WGS84.get(system))


def from_wgs84(lon: float, lat: float, system: CoordinateSystem) -> Point:
    """Return a WGS 84 point in the given system; raise ValueError for a point that is not on earth."""
    return convert_point(lon, lat, FROM_WGS84.get(system))


def convert_point(lon: float, lat: float, shift: Callable[[float, float], Point] | None) -> Point:
    """Apply the shift to a point; raise ValueError for a point that is not on earth."""
    if not is_valid_point(lon, lat):
        raise ValueError(f"({lon}, {lat}) is not a point on earth in degrees")
    return (lon, lat) if shift is None else shift(lon, lat)


def wgs_to_gcj(lon: float, lat: float) -> Point:
    """Shift WGS 84 to GCJ-02; points outside the rectangle around China are not shifted."""
    if not (72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271):
        return lon, lat
    east, north = compute_gcj_shift(lon - 105.0, lat - 35.0)
    phi = math.radians(lat)
    root = math.sqrt(1.0 - ECCENTRICITY * math.sin(phi) ** 2)
    meridian = AXIS * (1.0 - ECCENTRICITY) / root**3
    return (
        lon + math.degrees(east / (AXIS / root * math.cos(phi))),
        lat + math.degrees(north / meridian),
    )


def compute_gcj_shift(x: float, y: float) -> Point:
    """Return the shift to the east and north in metres at x, y degrees from 105 E 35 N."""
    sin, pi, root = math.sin, math.pi, math.sqrt(abs(x))
    ripple = 20.0 * (sin(6.0 * x * pi) + sin(2.0 * x * pi))
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += 2.0 / 3.0 * (ripple + 20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi))
    east += 2.0 / 3.0 * (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += 2.0 / 3.0 * (ripple + 20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi))
    north += 2.0 / 3.0 * (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0))
    return east, north


def gcj_to_bd(lon: float, lat: float) -> Point:
    """Shift GCJ-02 to BD-09."""
    radius = math.hypot(lon, lat) + 0.00002 * math.sin(lat * BAIDU)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * BAIDU)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def wgs_to_bd(lon: float, lat: float) -> Point:
    """Shift WGS 84 to BD-09."""
    return gcj_to_bd(*wgs_to_gcj(lon, lat))


def gcj_to_wgs(lon: float, lat: float) -> Point:
    """Shift GCJ-02 back to WGS 84."""
    return invert_shift(wgs_to_gcj, lon, lat)


def bd_to_wgs(lon: float, lat: float) -> Point:
    """Shift BD-09 back to WGS 84."""
    return invert_shift(wgs_to_gcj, *invert_shift(gcj_to_bd, lon, lat))


def invert_shift(shift: Callable[[float, float], Point], lon: float, lat: float) -> Point:
    """Return the point that `shift` moves to lon, lat.

    Fixed-point iteration converges because the shift hardly varies between near points.
    """
    x, y = lon, lat
    for _ in range(12):
        shifted_lon, shifted_lat = shift(x, y)
        error_lon, error_lat = lon - shifted_lon, lat - shifted_lat
        x, y = x + error_lon, y + error_lat
        if abs(error_lon) < TOLERANCE and abs(error_lat) < TOLERANCE:
            break
    return x, y


TO_WGS84 = {CoordinateSystem.GCJ02: gcj_to_wgs, CoordinateSystem.BD09: bd_to_wgs}
FROM_WGS84 = {CoordinateSystem.GCJ02: wgs_to_gcj, CoordinateSystem.BD09: wgs_to_bd}
