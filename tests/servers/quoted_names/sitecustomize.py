"""Teach DaCHS table names like "I/355/epphot", which it declines as they stand.

Python imports this file when DaCHS starts with its folder on PYTHONPATH. Such a name is looked up
as the table that descriptors/vizier.rd declares (i_355_epphot); in the database there is a view of
the quoted name, so that the ADQL and the SQL made of it stay as they were written.
"""

import re

from gavo.protocols import adqlglue

declined = adqlglue.adqlTableRefToDaCHS


def table_of(reference: object) -> str:
    name = str(getattr(reference, "name", reference)).strip('"')
    if "/" in name:
        return "vizier." + re.sub(r"\W", "_", name.lower())
    return declined(reference)


adqlglue.adqlTableRefToDaCHS = table_of
