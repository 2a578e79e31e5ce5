"""The published settings of a common printer, for our estimate and for PrusaSlicer.

Values: `0.20mm QUALITY @MK3`, `Prusament PLA`, `Generic PETG` and `Original Prusa i3 MK3S & MK3S+` of
the PrusaResearch vendor bundle that PrusaSlicer 2.5.0 carries (AGPL-3.0; facts only).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SOURCE: Final = "PrusaResearch bundle of PrusaSlicer 2.5.0: 0.20mm QUALITY @MK3S, PLA"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintProfile:
    """Lengths in mm, speeds in mm/s, accelerations in mm/s²."""

    layer_mm: float = 0.2
    width_mm: float = 0.45
    first_width_mm: float = 0.42
    top_width_mm: float = 0.4
    perimeters: int = 2
    top_layers: int = 6
    bottom_layers: int = 4
    infill_ratio: float = 0.15
    infill_overlap_ratio: float = 0.25
    external_mm_s: float = 25
    perimeter_mm_s: float = 45
    small_perimeter_mm_s: float = 25
    small_loop_mm: float = 41  # around a radius of 6.5 mm
    infill_mm_s: float = 80
    top_mm_s: float = 40
    bridge_mm_s: float = 25
    first_mm_s: float = 20
    travel_mm_s: float = 180
    acceleration_mm_s2: float = 1_000
    perimeter_mm_s2: float = 800
    travel_mm_s2: float = 1_000
    jerk_mm_s: float = 8
    retract_mm: float = 0.8
    retract_mm_s: float = 35
    lift_mm: float = 0.4
    lift_mm_s: float = 12
    lift_mm_s2: float = 200
    skirt_layers: int = 3
    skirt_distance_mm: float = 2
    cooled_layer_s: float = 15  # a shorter layer is slowed down
    cooled_mm_s: float = 15  # but not below this
    filament_mm: float = 1.75
    density_g_cm3: float = 1.24
    nozzle_c: float = 215
    bed_c: float = 60
    volume_mm3_s: float = 15  # the hotend melts no more
    bed_x_mm: float = 250
    bed_y_mm: float = 210
    bed_z_mm: float = 210

    @property
    def spacing_mm(self) -> float:
        """From one extrusion's middle to the next: a rectangle with round ends."""
        return self.width_mm - self.layer_mm * (1 - math.pi / 4)

    def ini(self) -> str:
        """The same settings as PrusaSlicer loads them; what is not told is its own."""
        bed = ((0, 0), (1, 0), (1, 1), (0, 1))
        corners = (f"{x * self.bed_x_mm:g}x{y * self.bed_y_mm:g}" for x, y in bed)
        lines = [f"bed_shape = {','.join(corners)}"]
        for field, names in _NAMES_OF.items():
            value = getattr(self, field)
            shown = f"{value:.0%}" if field.endswith("_ratio") else f"{value:g}"
            lines += [f"{name} = {shown}" for name in names.split()]
        return "\n".join((*lines, _FIXED))


FILAMENTS: Final[Mapping[str, PrintProfile]] = {
    "PLA": PrintProfile(),
    "PETG": PrintProfile(density_g_cm3=1.27, nozzle_c=240, bed_c=85, volume_mm3_s=8),
}
_NAMES_OF: Final[Mapping[str, str]] = {  # PrusaSlicer's names for each field
    "bed_z_mm": "max_print_height",
    "layer_mm": "layer_height first_layer_height",
    "width_mm": "extrusion_width perimeter_extrusion_width infill_extrusion_width "
    "external_perimeter_extrusion_width solid_infill_extrusion_width",
    "first_width_mm": "first_layer_extrusion_width",
    "top_width_mm": "top_infill_extrusion_width",
    "perimeters": "perimeters",
    "top_layers": "top_solid_layers",
    "bottom_layers": "bottom_solid_layers",
    "infill_ratio": "fill_density",
    "infill_overlap_ratio": "infill_overlap",
    "external_mm_s": "external_perimeter_speed",
    "perimeter_mm_s": "perimeter_speed",
    "small_perimeter_mm_s": "small_perimeter_speed",
    "infill_mm_s": "infill_speed solid_infill_speed",
    "top_mm_s": "top_solid_infill_speed",
    "bridge_mm_s": "bridge_speed",
    "first_mm_s": "first_layer_speed",
    "travel_mm_s": "travel_speed",
    "lift_mm_s": "travel_speed_z machine_max_feedrate_z",
    "acceleration_mm_s2": "default_acceleration infill_acceleration "
    "bridge_acceleration",
    "perimeter_mm_s2": "perimeter_acceleration first_layer_acceleration",
    "travel_mm_s2": "machine_max_acceleration_x machine_max_acceleration_y",
    "lift_mm_s2": "machine_max_acceleration_z",
    "jerk_mm_s": "machine_max_jerk_x machine_max_jerk_y",
    "retract_mm": "retract_length",
    "retract_mm_s": "retract_speed",
    "lift_mm": "retract_lift",
    "skirt_layers": "skirt_height",
    "skirt_distance_mm": "skirt_distance",
    "cooled_layer_s": "slowdown_below_layer_time",
    "cooled_mm_s": "min_print_speed",
    "filament_mm": "filament_diameter",
    "density_g_cm3": "filament_density",
    "nozzle_c": "temperature first_layer_temperature",
    "bed_c": "bed_temperature first_layer_bed_temperature",
    "volume_mm3_s": "filament_max_volumetric_speed",
}
_FIXED: Final = r"""fill_pattern = gyroid
infill_anchor = 2.5
infill_anchor_max = 12
solid_infill_below_area = 0
ensure_vertical_shell_thickness = 1
elefant_foot_compensation = 0.2
thick_bridges = 0
extra_perimeters = 0
bridge_flow_ratio = 0.95
gap_fill_speed = 40
machine_max_acceleration_e = 5000
machine_max_acceleration_extruding = 1250
machine_max_acceleration_retracting = 1250
machine_max_acceleration_travel = 1250
machine_max_feedrate_x = 200
machine_max_feedrate_y = 200
machine_max_feedrate_e = 120
machine_max_jerk_z = 0.4
machine_max_jerk_e = 4.5
gcode_flavor = marlin
machine_limits_usage = time_estimate_only
silent_mode = 0
retract_before_travel = 1
retract_layer_change = 1
retract_before_wipe = 0%
wipe = 1
skirts = 1
min_skirt_length = 4
brim_width = 0
cooling = 1
nozzle_diameter = 0.4
start_gcode = G28\nG1 Z5 F5000
end_gcode = M104 S0\nM140 S0\nM107\nG1 X0 F3000\nM84
"""
