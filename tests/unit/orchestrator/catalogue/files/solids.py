"""STEP files for tests, made by OpenCASCADE: shapes with known figures, and assemblies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from OCP.BRep import BRep_Builder
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut, BRepAlgoAPI_Fuse
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt, gp_Trsf, gp_Vec
from OCP.Interface import Interface_Static
from OCP.STEPCAFControl import STEPCAFControl_Writer
from OCP.TCollection import TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDocStd import TDocStd_Document
from OCP.TopAbs import TopAbs_ShapeEnum
from OCP.TopExp import TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS_Shell
from OCP.XCAFDoc import XCAFDoc_DocumentTool

UP = gp_Dir(0, 0, 1)


def rod(x: float, y: float, z: float, radius: float, height: float) -> Any:
    """A cylinder that stands at this place."""
    axes = gp_Ax2(gp_Pnt(x, y, z), UP)
    return BRepPrimAPI_MakeCylinder(axes, radius, height).Shape()


def plate() -> Any:
    """60 x 40 x 5 mm with four holes of 4.5 mm and a pin of 3 mm, 2 mm high, on it."""
    shape = BRepPrimAPI_MakeBox(60.0, 40.0, 5.0).Shape()
    for x, y in ((5, 5), (55, 5), (5, 35), (55, 35)):
        shape = BRepAlgoAPI_Cut(shape, rod(x, y, -1, 2.25, 7)).Shape()
    return BRepAlgoAPI_Fuse(shape, rod(30, 20, 5, 1.5, 2)).Shape()


def moved(x: float, y: float, z: float) -> Any:
    """A place."""
    shift = gp_Trsf()
    shift.SetTranslation(gp_Vec(x, y, z))
    return TopLoc_Location(shift)


def write(
    path: Path, parts: Sequence[tuple[str, Any, Sequence[Any]]], *, unit: str = "MM"
) -> None:
    """Write each part with its name in its places; one part in no place as it is."""
    document = TDocStd_Document(TCollection_ExtendedString("XmlOcaf"))
    tool = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    whole = tool.NewShape() if any(places for _, _, places in parts) else None
    for name, shape, places in parts:
        label = tool.AddShape(shape, False)
        TDataStd_Name.Set_s(label, TCollection_ExtendedString(name))
        for place in places:
            tool.AddComponent(whole, label, place)
    tool.UpdateAssemblies()
    writer = STEPCAFControl_Writer()
    Interface_Static.SetCVal_s("write.step.unit", unit)
    writer.Transfer(document)
    writer.Write(str(path))


def block_with_bores() -> Any:
    """A block with a blind hole of 6 mm, two of 4 mm that cross, and a half round notch."""
    shape = BRepPrimAPI_MakeBox(40.0, 40.0, 20.0).Shape()
    along = gp_Ax2(gp_Pnt(-1, 10, 10), gp_Dir(1, 0, 0))
    for tool in (
        rod(10, 30, 10, 3, 11),
        rod(30, 10, -1, 2, 22),
        BRepPrimAPI_MakeCylinder(along, 2.0, 42.0).Shape(),
        rod(40, 30, -1, 5, 22),
    ):
        shape = BRepAlgoAPI_Cut(shape, tool).Shape()
    return shape


def open_box() -> Any:
    """Five faces of a box."""
    faces = TopExp_Explorer(
        BRepPrimAPI_MakeBox(20.0, 20.0, 20.0).Shape(), TopAbs_ShapeEnum.TopAbs_FACE
    )
    shell, builder = TopoDS_Shell(), BRep_Builder()
    builder.MakeShell(shell)
    for _ in range(5):
        builder.Add(shell, faces.Current())
        faces.Next()
    return shell
