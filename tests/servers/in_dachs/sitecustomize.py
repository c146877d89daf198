"""Change two things in DaCHS; Python imports this file where its folder is on PYTHONPATH.

Table names like "I/355/epphot" are taught to it, which it declines as they stand. Such a name is
looked up as the table that descriptors/vizier.rd declares (i_355_epphot); in the database there is
a view of the quoted name, so that the ADQL and the SQL made of it stay as they were written.

Where writing down a query takes longer than 0.1 s, as it may on a busy machine, it waits; it would
answer that there is a stale lock.
"""

import re

from gavo.protocols import adqlglue, uws

PATIENCE = 60.0  # s

declined = adqlglue.adqlTableRefToDaCHS


def table_of(reference: object) -> str:
    name = str(getattr(reference, "name", reference)).strip('"')
    if "/" in name:
        return "vizier." + re.sub(r"\W", "_", name.lower())
    return declined(reference)


adqlglue.adqlTableRefToDaCHS = table_of
uws._DEFAULT_LOCK_TIMEOUT = PATIENCE
uws.UWS.changeableJob.__wrapped__.__defaults__ = (PATIENCE,)
