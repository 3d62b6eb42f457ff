"""Safety of people at work from their positions: fences, standing still, silence. Pure; time and limits are parameters.

All places are degrees of WGS-84, all lengths metres, all times seconds of one clock (for instance POSIX).
"""

from denghuo.engine.safety.fence import Circle, Crossing, FenceState, Polygon, Shape, Zone, ZoneIndex, follow
from denghuo.engine.safety.movement import Fix, Movement, PathState, Stillness, accept, stillness
from denghuo.engine.safety.silence import lost_contact

__all__ = [
    "Circle",
    "Crossing",
    "FenceState",
    "Fix",
    "Movement",
    "PathState",
    "Polygon",
    "Shape",
    "Stillness",
    "Zone",
    "ZoneIndex",
    "accept",
    "follow",
    "lost_contact",
    "stillness",
]
