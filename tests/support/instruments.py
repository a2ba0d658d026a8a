"""Files of instruments, written by their own libraries."""

from pathlib import Path
from typing import Any

import asammdf
import nptdms
import numpy as np
import pyuff
from numpy.typing import NDArray

LVM_HEAD = """LabVIEW Measurement\t
Writer_Version\t2
Reader_Version\t2
Separator\tTab
Decimal_Separator\t{decimal}
Multi_Headings\tNo
X_Columns\t{x_columns}
Time_Pref\tRelative
***End_of_Header***\t
\t
Channels\t{channels}{tabs}
Samples\t{samples}{tabs}
Y_Unit_Label\t{unit}{tabs}
X_Dimension\tTime{tabs}
X0\t0.0{tabs}
Delta_X\t{step}{tabs}
***End_of_Header***{tabs}
"""


def write_tdms(path: Path, channels: dict[str, NDArray[Any]], **properties: Any) -> None:
    """One group of channels, each with the properties."""
    objects = [
        nptdms.ChannelObject("vibration", name, values, properties=properties) for name, values in channels.items()
    ]
    with nptdms.TdmsWriter(path) as writer:
        writer.write_segment([nptdms.RootObject({"RPM": 1500.0}), *objects])


def write_uff(path: Path, channels: dict[str, NDArray[Any]], rate_hz: float, *, abscissa: int = 17) -> None:
    """A data set of type 58 for each channel; the abscissa is 17 for time, 18 for frequency."""
    file = pyuff.UFF(str(path))
    for name, values in channels.items():
        one = pyuff.prepare_58(
            binary=0,
            func_type=1,
            rsp_node=1,
            rsp_dir=1,
            ref_node=1,
            ref_dir=1,
            data=values,
            x=np.arange(len(values)) / rate_hz,
            id1=name,
            rsp_ent_name="NONE",
            ref_ent_name="NONE",
            abscissa_spacing=1,
            abscissa_spec_data_type=abscissa,
            ordinate_spec_data_type=12,
            orddenom_spec_data_type=0,
            ordinate_axis_units_lab="g",
        )
        file.write_sets([one | {"abscissa_inc": 1 / rate_hz}], "add")


def write_lvm(
    path: Path, channels: dict[str, NDArray[Any]], rate_hz: float, *, decimal: str = ".", x_columns: str = "One"
) -> None:
    """A segment of all channels, with a column of times before the first, before each, or none."""
    names, values = list(channels), list(channels.values())
    repeated = {
        name: "\t".join([value] * len(names)) for name, value in (("unit", "g"), ("step", f"{1 / rate_hz:.12f}"))
    }
    head = LVM_HEAD.format(
        decimal=decimal,
        x_columns=x_columns,
        channels=len(names),
        samples=len(values[0]),
        tabs="\t" * len(names),
        **repeated,
    )
    times = np.arange(len(values[0])) / rate_hz
    columns = [times, *values] if x_columns != "Multi" else [one for value in values for one in (times, value)]
    titles = ["X_Value", *names] if x_columns != "Multi" else [one for name in names for one in ("X_Value", name)]
    cells = [[f"{one:.9f}" for one in row] for row in np.transpose(columns)]
    if x_columns == "No":
        cells = [["", *row[1:]] for row in cells]
    rows = "\n".join("\t".join(row) for row in [[*titles, "Comment"], *cells]).replace(".", decimal)
    path.write_text(head.replace("0.0", f"0{decimal}0") + rows + "\n")


def write_mdf(path: Path, channels: dict[str, NDArray[Any]], rate_hz: float, version: str = "4.10") -> None:
    """One group of channels over their times."""
    file = asammdf.MDF(version=version)
    times = np.arange(len(next(iter(channels.values())))) / rate_hz
    file.append([asammdf.Signal(values, times, name=name, unit="g") for name, values in channels.items()])
    # It chooses the ending itself.
    file.save(path.with_name(f"{path.name}.mf4"), overwrite=True).rename(path)
    file.close()
